"""Real SMTP servers: aiosmtpd in this loop, and Debian's postfix as a child process where the tests run as root."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificates import Issued
from tests.servers.process import running, until_listening


@dataclass
class Postbox:
    """Takes messages, as aiosmtpd's handler, and hands each on.

    Without slots: aiosmtpd looks at every attribute, and Debian's Python 3.11.2 leaves one there that cannot be read.
    """

    deliver: Callable[[bytes], None] | None = None
    answer: str = "250 OK"
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Take one message."""
        self.envelopes.append(envelope)
        content = envelope.content
        assert isinstance(content, bytes)
        if self.deliver is not None and self.answer.startswith("250"):
            self.deliver(content)
        return self.answer


@asynccontextmanager
async def serving_smtp(
    tls: ssl.SSLContext | None, *, box: Postbox | None = None, password: str = "", auth_in_the_clear: bool = False
) -> AsyncIterator[int]:
    """Serve with STARTTLS, with a login when there is a password, and give the port."""
    taken = box or Postbox()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        taken.logins.append(given.login)
        return AuthResult(success=given.password == password.encode(), handled=False)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            taken,
            hostname="mail.example",
            tls_context=tls,
            authenticator=authenticate if password else None,
            auth_require_tls=not auth_in_the_clear,
            auth_exclude_mechanism=() if password else ("LOGIN", "PLAIN"),
            data_size_limit=1_000_000,
            loop=loop,
        ),
        "127.0.0.1",
        0,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)


_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = /dev/stdout
myhostname = mail.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
message_size_limit = 2048000
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/server.pem
smtpd_relay_restrictions = reject_unauth_destination
alias_maps =
alias_database =
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def why_no_postfix() -> str:
    """Return why postfix cannot be served here, "" when it can."""
    if os.getuid() != 0:
        return "postfix needs root"
    return "" if shutil.which("/usr/sbin/postfix") else "postfix is not installed"


@asynccontextmanager
async def serving_postfix(issued: Issued) -> AsyncIterator[int]:
    """Serve SMTP with STARTTLS on a free port and give it; it can deliver nothing."""
    with tempfile.TemporaryDirectory(prefix="postfix") as name:
        folder, port = Path(name), _free_port()
        _prepare_postfix(folder, issued, port)
        async with running("/usr/sbin/postfix", "-c", str(folder / "etc"), "start-fg"):
            try:
                await until_listening(port)
                yield port
            finally:
                await _end_master(folder / "spool" / "pid" / "master.pid")


def _prepare_postfix(folder: Path, issued: Issued, port: int) -> None:
    folder.chmod(0o755)
    for part in ("spool", "data", "etc"):
        (folder / part).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "server.pem").write_bytes(issued.key_pem + issued.pem)
    (folder / "etc" / "main.cf").write_text(_MAIN.format(folder=folder))
    (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port))


async def _end_master(pid_file: Path) -> None:
    """Postfix's master leaves the session it was started in, so it is ended by its own pid file."""
    with suppress(psutil.NoSuchProcess):
        master = psutil.Process(_read_pid(pid_file))
        master.terminate()
        for _ in range(200):
            if master.status() == psutil.STATUS_ZOMBIE:
                return
            await asyncio.sleep(0.02)


def _read_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text())
    except FileNotFoundError as error:
        raise psutil.NoSuchProcess(0) from error


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
