"""Debian's dovecot as a child process with one mailbox, as root or as an ordinary user."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from mailbox import Maildir
from pathlib import Path

from tests.servers.certificates import Issued
from tests.servers.process import running, until_listening

USER = "monitor@mail.example"
PASSWORD = "correct-horse-battery"
HOST = "127.0.0.2"
"""Dovecot takes a client of its own address for a local user and asks it for no TLS; clients come from 127.0.0.1."""
_NOBODY = 65534
_CONFIG = """
protocols = imap
listen = {host}
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
ssl_dh =
mail_location = maildir:{folder}/mail
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def dovecot() -> str | None:
    """Return dovecot's path, None where it is not installed."""
    return shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """A server that answers."""

    imap_port: int
    imaps_port: int
    folder: Path

    @property
    def imap(self) -> str:
        """`host:port` of the port that turns to TLS by STARTTLS."""
        return f"{HOST}:{self.imap_port}"

    @property
    def imaps(self) -> str:
        """`host:port` of the port that speaks TLS."""
        return f"{HOST}:{self.imaps_port}"

    def deliver(self, message: bytes) -> None:
        """Put a message into the mailbox as a delivery agent does."""
        key = Maildir(self.folder / "mail").add(message)
        _give_away(self.folder / "mail" / "new" / key)

    def messages(self) -> list[bytes]:
        """Return what the mailbox holds."""
        return [message.as_bytes() for message in Maildir(self.folder / "mail")]


@asynccontextmanager
async def serving_dovecot(issued: Issued, *lines: str) -> AsyncIterator[Dovecot]:
    """Serve IMAP with STARTTLS and IMAP over TLS from the first octet; `lines` end the configuration."""
    program = dovecot()
    assert program
    # Not pytest's folder: the paths of its sockets must stay below 108 octets, and its mailbox is nobody's.
    with tempfile.TemporaryDirectory(prefix="dov") as name:
        server = _prepare(Path(name), issued, lines)
        async with running(program, "-F", "-c", str(server.folder / "dovecot.conf")):
            await until_listening(server.imaps_port, HOST)
            yield server


def _prepare(folder: Path, issued: Issued, lines: tuple[str, ...]) -> Dovecot:
    folder.chmod(0o755)
    imap_port, imaps_port = _free_ports(2)
    (folder / "server.pem").write_bytes(issued.pem + issued.key_pem)
    Maildir(folder / "mail", create=True)
    for path in (folder / "mail", *(folder / "mail").iterdir()):
        _give_away(path)
    text = _CONFIG.format(
        host=HOST, folder=folder, password=PASSWORD, imap_port=imap_port, imaps_port=imaps_port, **_users()
    )
    (folder / "dovecot.conf").write_text("\n".join((text, *lines)) + "\n")
    return Dovecot(imap_port=imap_port, imaps_port=imaps_port, folder=folder)


def _users() -> dict[str, str | int]:
    if os.getuid() == 0:
        names = {"login_user": "dovenull", "internal_user": "dovecot", "internal_group": "dovecot"}
        return {**names, "uid": _NOBODY, "gid": _NOBODY}
    own = pwd.getpwuid(os.getuid()).pw_name
    names = {"login_user": own, "internal_user": own, "internal_group": grp.getgrgid(os.getgid()).gr_name}
    return {**names, "uid": os.getuid(), "gid": os.getgid()}


def _give_away(path: Path) -> None:
    if os.getuid() == 0:
        os.chown(path, _NOBODY, _NOBODY)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in socks:
            sock.bind((HOST, 0))
        return [sock.getsockname()[1] for sock in socks]
