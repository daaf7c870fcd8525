"""Checks a second of processor time over TCP, HTTP and HTTPS, against blackbox_exporter and spawned plugins.

nginx serves a page of 2.7 kB on loopback addresses; each check is a fresh connection and, over TLS, a full handshake
that is verified. Of blackbox_exporter only its own process is counted, not the one that asks it; of a plugin only the
child, not the fork. Ours runs in a child process whose start is not counted: the monitor starts once.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlencode

import psutil

from benchmarks import Figure, Result, Unavailable

ROUNDS = 5
CHECKS_COUNT = 600
PLUGIN_CHECKS_COUNT = 40
AT_ONCE_COUNT = 6
ADDRESSES = tuple(f"127.30.0.{number}" for number in range(1, 21))
PAGE = "x" * 2700
PLUGINS = Path("/usr/lib/nagios/plugins")


class Job(NamedTuple):
    """One kind of check."""

    name: str
    probe: str
    module: str
    """Of blackbox_exporter."""
    aim: float


JOBS = (
    Job("TCP", "tcp_connect", "tcp", 3.5),
    Job("HTTP", "http_get", "http", 4.0),
    Job("HTTPS", "http_get", "https", 1.2),
)


def run() -> Result:
    """Measure all three, taking turns. Raises Unavailable without nginx or blackbox_exporter."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, _servers(Path(folder)) as site, _blackbox(Path(folder)) as box:
        for job in JOBS:
            rounds = [_round(job, site, box) for _ in range(ROUNDS)]
            figures += _figures(job, rounds)
    return Result(peer=f"blackbox_exporter {_version()}", figures=tuple(figures), remarks=(_remark(),))


class Site(NamedTuple):
    """Where nginx listens, and the authority that signed its certificate."""

    http_port: int
    https_port: int
    trust_file: Path

    def addresses(self, job: Job) -> list[str]:
        if job.module == "tcp":
            return [f"{address}:{self.http_port}" for address in ADDRESSES]
        port = self.https_port if job.module == "https" else self.http_port
        return [f"{job.module}://{address}:{port}/" for address in ADDRESSES]


class Round(NamedTuple):
    """Checks a second of processor time."""

    ours: float
    blackbox: float
    plugins: float | None


def _round(job: Job, site: Site, box: _Blackbox) -> Round:
    addresses = site.addresses(job)
    return Round(_ours(job, site, addresses), box.measure(job, addresses), _plugins(job, site))


def _figures(job: Job, rounds: Sequence[Round]) -> list[Figure]:
    ours = tuple(one.ours for one in rounds)
    what = f"{job.name} checks per CPU second"
    found = [
        Figure(what=what, unit="1/s", ours=ours, peers=tuple(one.blackbox for one in rounds), at_least=job.aim),
    ]
    plugins = tuple(one.plugins for one in rounds if one.plugins is not None)
    if len(plugins) == len(ours):
        found.append(Figure(what=f"{what}, peer: plugins", unit="1/s", ours=ours, peers=plugins))
    return found


def _remark() -> str:
    return f"{CHECKS_COUNT} checks a round, {AT_ONCE_COUNT} at once; {PLUGIN_CHECKS_COUNT} plugins, one at a time"


def _ours(job: Job, site: Site, addresses: Sequence[str]) -> float:
    command = [sys.executable, "-m", "benchmarks.http_checks", job.probe, str(site.trust_file), *addresses]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"our own child failed: {done.stderr.strip().splitlines()[-1]}")
    return CHECKS_COUNT / float(json.loads(done.stdout)["cpu_s"])


def _plugins(job: Job, site: Site) -> float | None:
    name = "check_tcp" if job.module == "tcp" else "check_http"
    if not (PLUGINS / name).is_file():
        return None
    cpu_s = 0.0
    for number in range(PLUGIN_CHECKS_COUNT):
        address = ADDRESSES[number % len(ADDRESSES)]
        port = site.https_port if job.module == "https" else site.http_port
        tls = ["-S", "--sni"] if job.module == "https" else []
        child = subprocess.Popen([PLUGINS / name, "-H", address, "-p", str(port), *tls], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise Unavailable(f"{name} ended with {child.returncode}")
        cpu_s += usage.ru_utime + usage.ru_stime
    return PLUGIN_CHECKS_COUNT / cpu_s


class _Blackbox:
    """A running exporter, asked as Prometheus asks it."""

    def __init__(self, port: int, pid: int) -> None:
        self._port = port
        self._process = psutil.Process(pid)

    def measure(self, job: Job, addresses: Sequence[str]) -> float:
        """Return checks a second of its processor time."""
        self._ask(job, addresses, len(addresses))
        before_s = self._cpu_s()
        share = CHECKS_COUNT // AT_ONCE_COUNT
        threads = [Thread(target=self._ask, args=(job, addresses, share)) for _ in range(AT_ONCE_COUNT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return share * AT_ONCE_COUNT / (self._cpu_s() - before_s)

    def _cpu_s(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system

    def _ask(self, job: Job, addresses: Sequence[str], count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        for number in range(count):
            target = {"module": job.module, "target": addresses[number % len(addresses)]}
            connection.request("GET", f"/probe?{urlencode(target)}")
            text = connection.getresponse().read().decode()
            if "probe_success 1" not in text:
                raise Unavailable(f"blackbox_exporter failed on {target['target']}")
        connection.close()


@contextmanager
def _blackbox(folder: Path) -> Iterator[_Blackbox]:
    port = _free_port()
    tls = {"ca_file": str(folder / "cert.pem")}
    modules = {
        "tcp": {"prober": "tcp", "timeout": "5s"},
        "http": {"prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4"}},
        "https": {"prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4", "tls_config": tls}},
    }
    path = folder / "blackbox.yml"
    path.write_text(json.dumps({"modules": modules}))
    argv = [_binary("prometheus-blackbox-exporter"), f"--config.file={path}", f"--web.listen-address=127.0.0.1:{port}"]
    with _child([*argv, "--log.level=error"], port) as pid:
        yield _Blackbox(port, pid)


@contextmanager
def _servers(folder: Path) -> Iterator[Site]:
    nginx, site = _binary("nginx"), Site(_free_port(), _free_port(), folder / "cert.pem")
    names = ",".join(f"IP:{address}" for address in ADDRESSES)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(folder / "key.pem")]
    certificate = ["-x509", "-days", "2", "-subj", "/CN=bench", "-addext", f"subjectAltName={names}"]
    command = [_binary("openssl"), "req", *certificate, *key, "-out", str(site.trust_file)]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "index.html").write_text(PAGE)
    plain = "".join(f"listen {address}:{site.http_port};" for address in ADDRESSES)
    secure = "".join(f"listen {address}:{site.https_port} ssl;" for address in ADDRESSES)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr crit; {user} events {{ worker_connections 1024; }} http {{"
        + "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        + f"access_log off; root {folder}; server {{ {plain} {secure} ssl_certificate {site.trust_file};"
        + f"ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets off; }} }}"
    )
    with _child([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"], site.http_port, True):
        yield site


@contextmanager
def _child(argv: Sequence[str], port: int, is_on_alias: bool = False) -> Iterator[int]:
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True) as child:
        try:
            _wait_for(ADDRESSES[0] if is_on_alias else "127.0.0.1", port, child)
            yield child.pid
        finally:
            os.killpg(child.pid, 15)


def _wait_for(address: str, port: int, child: subprocess.Popen[bytes]) -> None:
    last_s = time.monotonic() + 20
    while time.monotonic() < last_s and child.poll() is None:
        with suppress(OSError), socket.create_connection((address, port), 1):
            return
        time.sleep(0.05)
    raise Unavailable(f"nothing listens on port {port}; see the message above")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def _binary(name: str) -> str:
    packages = {"nginx": "nginx-light"}
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise Unavailable(f"{name} is not installed (Debian: apt install {packages.get(name, name)})")
    return found


def _version() -> str:
    command = [_binary("prometheus-blackbox-exporter"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).partition("version ")[2].partition(" ")[0]


async def _check(probe: str, trust_file: Path, addresses: Sequence[str]) -> float:
    """Return the processor time of CHECKS_COUNT checks."""
    import probes
    from probes.api import Outcome, ProbeContext, Shared

    kind, shared, loop = probes.load(probe), Shared(), asyncio.get_running_loop()
    params = kind.params()

    async def worker(numbers: Iterator[int]) -> None:
        for number in numbers:
            ctx = ProbeContext(deadline_s=loop.time() + 5, shared=shared, trust_file=trust_file)
            reading = await kind.observe(addresses[number % len(addresses)], params, ctx)
            assert reading.outcome is Outcome.OK, reading

    async def work(count: int) -> None:
        numbers = iter(range(count))
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE_COUNT):
                group.create_task(worker(numbers))

    await work(len(addresses))
    start_s = time.process_time()
    await work(CHECKS_COUNT)
    return time.process_time() - start_s


if __name__ == "__main__":
    print(json.dumps({"cpu_s": asyncio.run(_check(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))}))
