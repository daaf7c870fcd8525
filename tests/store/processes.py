"""Runs the programs of children.py: as they are, without a superuser's rights, or in a namespace of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_RIGHTS = "-dac_override,-dac_read_search"
UNPRIVILEGED: tuple[str, ...] = (
    ("setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}") if os.geteuid() == 0 else ()
)
"""File modes bind everybody but the superuser, so a superuser's child gives up that privilege."""


def argv(program: str, path: Path) -> list[str]:
    """Return the command line of a program."""
    return [sys.executable, "-m", "tests.store.children", program, str(path)]


def start(program: str, path: Path) -> subprocess.Popen[str]:
    """Start a program with pipes to it."""
    return subprocess.Popen(
        argv(program, path), cwd=_ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    )


def run(program: str, path: Path, prefix: Sequence[str] = ()) -> list[str]:
    """Run a program to its end and return its lines."""
    command = [*prefix, *argv(program, path)]
    done = subprocess.run(command, cwd=_ROOT, text=True, capture_output=True, timeout=120, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def environment() -> dict[str, str]:
    """Return this environment, with the project's own packages to be found."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
