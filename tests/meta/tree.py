"""The files of the project, without what tools and builds leave beside them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bt_console", "probes", "policies")


def files(*suffixes: str, under: str = ".") -> Iterator[Path]:
    """Yield text files by the ends of their names: those git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", under]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    paths = (ROOT / name for name in sorted(set(listed)) if name)
    return (path for path in paths if path.is_file() and (not suffixes or path.name.endswith(suffixes)))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
