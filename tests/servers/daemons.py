"""Real servers as child processes on 127.0.0.1, each with a configuration of its own in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.servers.certificates import Issued

START_S = 20.0
_FOLDERS = ("/usr/sbin", "/usr/bin", "/usr/lib/nagios/plugins", "/usr/lib/openssh")


def binary(name: str, package: str) -> str:
    """Return a program's path; skips the test where it is not installed."""
    found = shutil.which(name) or next(
        (f"{folder}/{name}" for folder in _FOLDERS if Path(folder, name).is_file()), None
    )
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt install {package})")
    return found


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody had a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(argv: Sequence[str], port: int, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    """Run a server in a session of its own until it listens and as long as the block; skips if it cannot run here."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=env
        )
    try:
        if not _listens(port, child):
            pytest.skip(f"{Path(argv[0]).name} cannot run here: {_last_line(log)}")
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, 15)
        with suppress(subprocess.TimeoutExpired):
            child.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, 9)
        child.wait()


def _listens(port: int, child: subprocess.Popen[bytes]) -> bool:
    last_s = time.monotonic() + START_S
    while time.monotonic() < last_s and child.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.02)
    return False


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


@contextmanager
def nginx(folder: Path, server: str, port: int | None = None) -> Iterator[int]:
    """Run nginx with the lines of one server block, in which PORT stands for the port given back."""
    program, chosen = binary("nginx", "nginx-light"), port or free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr; {_user()}"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; {temporary}\nserver {{ {server.replace('PORT', str(chosen))} }} }}\n"
    )
    argv = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    with running(argv, chosen, folder / "nginx.log"):
        yield chosen


def _user() -> str:
    return "user root;" if os.geteuid() == 0 else ""


def tls_lines(issued: Issued, folder: Path) -> str:
    """Return nginx lines that show this certificate."""
    issued.server_context(folder)
    path = folder / f"{issued.certificate.serial_number}.pem"
    return f"ssl_certificate {path}; ssl_certificate_key {path};"


@contextmanager
def sshd(folder: Path, lines: str = "") -> Iterator[int]:
    """Run OpenSSH's server with a host key of its own and these lines in its configuration."""
    program, port = binary("sshd", "openssh-server"), free_port()
    key = folder / "host_key"
    keygen = binary("ssh-keygen", "openssh-client")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    subprocess.run([keygen, "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", f"{key}_rsa"], check=True)
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {key}\nHostKey {key}_rsa\nPidFile none\nUsePAM no\n{lines}\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it separates privileges; the package makes it at boot only
    with running([program, "-D", "-e", "-f", str(folder / "sshd_config")], port, folder / "sshd.log"):
        yield port


@contextmanager
def smbd(folder: Path, lines: str = "") -> Iterator[int]:
    """Run Samba's file server with these lines in its global section."""
    program, port = binary("smbd", "samba"), free_port()
    options = {"private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"}
    for option in options:
        (folder / option).mkdir(mode=0o755)
    (folder / "smb.conf").write_text(
        "[global]\n"
        + "".join(f"{option} = {folder / option}\n" for option in options)
        + f"smb ports = {port}\nbind interfaces only = yes\ninterfaces = 127.0.0.1\nserver role = standalone\n"
        + f"disable spoolss = yes\nload printers = no\nlog file = {folder / 'log'}\n{lines}\n"
    )
    argv = [program, "-F", "--no-process-group", "--debug-stdout", "-s", str(folder / "smb.conf"), "-l", str(folder)]
    with running(argv, port, folder / "smbd.log"):
        yield port


@contextmanager
def dnsmasq(folder: Path, *options: str) -> Iterator[int]:
    """Run a resolver that knows only what its options say."""
    program, port = binary("dnsmasq", "dnsmasq-base"), free_port()
    own = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--log-facility=-"]
    where = [f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", f"--pid-file={folder / 'pid'}"]
    user = ["--user=root"] if os.geteuid() == 0 else []
    with running([program, *own, *where, *user, *options], port, folder / "dnsmasq.log"):
        yield port
