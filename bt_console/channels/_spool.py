"""Files of the SMS Server Tools: written so that smsd never sees half of one, read whole or not at all.

Source: SMS Server Tools 3.1.21, doc/fileformat.html and src/smsd.c (folders, headers, locks, hidden files are skipped).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from probes.api import clean

FILE_LIMIT = 64 << 10
_ALPHABETS = {
    "iso": "iso-8859-15",
    "lat": "iso-8859-15",
    "ans": "iso-8859-15",
    "ucs": "utf-16-be",
    "chi": "utf-16-be",
    "uni": "utf-16-be",
    "utf": "utf-8",
    "gsm": "ascii",
}
"""smsd looks at the first three letters. Raw GSM codes of letters and digits are those of ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFile:
    """One file of smsd."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, empty where there is none."""
        return self.headers.get(name, "")

    @property
    def text(self) -> str | None:
        """The body as text; None for what is none: binary messages, status reports, what smsd could not decode."""
        codec = _ALPHABETS.get((self.header("Alphabet") or "ISO")[:3].lower())
        if codec is None or "Error" in self.headers or self.body.startswith(b"SMS STATUS REPORT"):
            return None
        return clean(self.body.decode(codec, "replace").strip())

    @property
    def is_whole(self) -> bool:
        """Whether the body is as long as the header says. smsd writes it where others already see it."""
        length = self.header("Length")
        letter_octets = 2 if self.header("Alphabet")[:3].lower() == "ucs" else 1
        return not length.isdecimal() or len(self.body) >= int(length) * letter_octets


def parse(data: bytes) -> SpoolFile | None:
    """Return a file's headers and body; None while its header has no end."""
    head, blank, body = data.partition(b"\n\n")
    if not blank:
        return None
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").splitlines())
    return SpoolFile(headers={name.strip(): clean(value.strip()) for name, _, value in lines}, body=body)


def read(path: Path) -> SpoolFile | None:
    """Return a file of smsd; None where there is none or only its beginning. Raises OSError."""
    try:
        with path.open("rb") as file:
            return parse(file.read(FILE_LIMIT))
    except FileNotFoundError:
        return None


def drop(folder: Path, name: str, content: bytes) -> None:
    """Put a whole file into a folder at once, readable for whoever shares the folder's group. Raises OSError."""
    hidden = folder / f".{name}.new"
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o660)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        # smsd runs as a user of its own and must read and rewrite the file, whatever our umask is.
        os.fchmod(handle, 0o660)
        with suppress(PermissionError):
            os.fchown(handle, -1, folder.stat().st_gid)
        os.fsync(handle)
    hidden.replace(folder / name)
    _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def messages(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield name and state of what smsd takes for messages, without those it is writing. Raises OSError."""
    with os.scandir(folder) as entries:
        found = list(entries)
    locked = {entry.name for entry in found if entry.name.endswith(".LOCK")}
    for entry in found:
        is_message = not entry.name.startswith((".", "LOCKED")) and entry.name not in locked
        if is_message and f"{entry.name}.LOCK" not in locked and entry.is_file(follow_symlinks=False):
            with suppress(FileNotFoundError):  # moved on meanwhile
                yield entry.name, entry.stat()
