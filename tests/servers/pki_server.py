"""An authority whose questions `openssl ocsp` and `openssl ts` answer, and the HTTP around them."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.servers.certificates import Authority, Issued, Wish
from tests.servers.tcp_server import Behaviour, Reader, Writer, saying

Respond: TypeAlias = Callable[[bytes], Awaitable[bytes]]
OCSP_SIGNING = ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),)
TIME_STAMPING = ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),)
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_TSA = """
[tsa]
default_tsa = here
[here]
serial = {folder}/tsa.serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = {digits}
tsa_name = yes
"""


def openssl() -> str | None:
    """Return openssl's path, None where it is not installed."""
    return shutil.which("openssl")


def responding(respond: Respond, content_type: str = "application/ocsp-response") -> Behaviour:
    """Read one request with its body and say what `respond` makes of it."""

    async def behave(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await respond(await reader.readexactly(int(length[1]) if length else 0))
        answer = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        await saying(answer.encode() + body)(reader, writer)

    return behave


async def pour(reader: Reader, writer: Writer) -> None:
    """A document that never ends."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 60_000)
        await writer.drain()


def always(body: bytes) -> Respond:
    """Answer with this, whatever was asked."""

    async def respond(_: bytes) -> bytes:
        return body

    return respond


@dataclass(slots=True)
class OpensslAuthority:
    """Signs by the program of that name, from files."""

    authority: Authority
    folder: Path

    def write(self, name: str, issued: Issued) -> Path:
        """Store a certificate as `name`.pem and its key as `name`.key."""
        (self.folder / f"{name}.pem").write_bytes(issued.pem)
        (self.folder / f"{name}.key").write_bytes(issued.key_pem)
        return self.folder / f"{name}.pem"

    def register(self, *entries: tuple[Issued, str]) -> None:
        """Write openssl's list of what was issued: (certificate, V for valid, or R and a comma and the reason)."""
        expiry = (datetime.now(UTC) + timedelta(days=30)).strftime("%y%m%d%H%M%SZ")
        revoked = (datetime.now(UTC) - timedelta(days=1)).strftime("%y%m%d%H%M%SZ")
        lines = []
        for issued, state in entries:
            letter, _, reason = state.partition(",")
            when = f"{revoked},{reason}" if letter == "R" else ""
            serial = f"{issued.certificate.serial_number:X}"
            lines.append(f"{letter}\t{expiry}\t{when}\t{serial.zfill(len(serial) + len(serial) % 2)}\tunknown\t/CN=x\n")
        (self.folder / "index.txt").write_text("".join(lines))
        (self.folder / "index.txt.attr").write_text("unique_subject = no\n")

    def ocsp(self, signer: Issued | None = None, *options: str) -> Respond:
        """Answer by `openssl ocsp`, signed by the authority itself unless another signs."""
        own = self.write("ca", self.authority.root)
        path = self.write("signer", signer) if signer else own
        argv = ["ocsp", "-index", "index.txt", "-CA", str(own), "-rsigner", str(path)]
        argv += ["-rkey", str(path.with_suffix(".key")), *options]

        async def respond(query: bytes) -> bytes:
            return await self.run(query, *argv, "-reqin", "query", "-respout", "answer")

        return respond

    def timestamps(self, *, digits: int = 3, digests: str = "sha256, sha384", signer: Issued | None = None) -> Respond:
        """Answer by `openssl ts`."""
        wish = Wish(subject="Time Stamp Authority", extensions=TIME_STAMPING)
        path = self.write("tsa", signer or self.authority.issue(wish=wish))
        self.write("ca", self.authority.root)
        (self.folder / "tsa.cnf").write_text(_TSA.format(folder=self.folder, digits=digits, digests=digests))
        argv = ["ts", "-reply", "-config", "tsa.cnf", "-signer", str(path), "-inkey", str(path.with_suffix(".key"))]

        async def respond(query: bytes) -> bytes:
            return await self.run(query, *argv, "-chain", "ca.pem", "-queryfile", "query", "-out", "answer")

        return respond

    async def run(self, query: bytes, *argv: str) -> bytes:
        """Run openssl on the file `query` and return what it leaves in the file `answer`."""
        program = openssl()
        assert program
        (self.folder / "query").write_bytes(query)
        (self.folder / "answer").unlink(missing_ok=True)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(program, *argv, cwd=self.folder, stdout=pipe, stderr=pipe)
        _, complaint = await process.communicate()
        answer = self.folder / "answer"
        assert answer.exists(), complaint.decode()
        return answer.read_bytes()
