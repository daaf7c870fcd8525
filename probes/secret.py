"""A secret by reference: where to read it, never what it is.

Source: https://systemd.io/CREDENTIALS/ for `credential:`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from probes.api import FailureKind, ProbeFailure

HOW = "write file:/path/to/file, env:NAME or credential:NAME"


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference such as `file:/etc/bt-console/snmp.key`. Printing it shows the reference only."""

    reference: str

    def __post_init__(self) -> None:
        kind, _, rest = self.reference.partition(":")
        if kind not in ("file", "env", "credential") or not rest.strip():
            # The value itself is not repeated: it may be the very secret somebody wrote here by mistake.
            raise ValueError(f"a secret is given by reference, not by value: {HOW}")
        if kind == "credential" and "/" in rest:
            raise ValueError("a credential has a name, not a path")

    def reveal(self) -> str:
        """Return the secret, without a line end. Raises ProbeFailure(PERMISSION) saying what to do."""
        kind, _, rest = self.reference.partition(":")
        if kind == "env":
            return self._from_environment(rest)
        path = (
            Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / rest if kind == "credential" else Path(rest)
        )
        return self._from_file(path)

    def _from_environment(self, name: str) -> str:
        value = os.environ.get(name, "")
        if not value:
            raise ProbeFailure(FailureKind.PERMISSION, f"{self.reference}: the variable {name} is not set")
        return value

    def _from_file(self, path: Path) -> str:
        try:
            with path.open(encoding="utf-8") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read(64 << 10)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise ProbeFailure(FailureKind.PERMISSION, f"{self.reference} cannot be read: {reason}") from error
        if stat.S_IMODE(mode) & stat.S_IROTH:
            raise ProbeFailure(
                FailureKind.PERMISSION, f"{self.reference} is readable by everybody: run chmod o-r {path}"
            )
        return text.rstrip("\r\n")
