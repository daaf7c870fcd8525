"""The directory a running lab is found by, and whose it is.

Source: proc(5), /proc/PID/stat: field 3 is the state, field 22 the start time in ticks, which makes a pid unique.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from bt_console.lab.errors import LabError

_OWNER = "owner.json"
_CONTROL = "control.sock"
TRUST_FILE = "ca.pem"
CONFIG_FILE = "config.yaml"
KEYS = "keys"
SECRETS = "secrets"
SPOOLS = "spools"
"""Root of the folders where letters for modems are put."""
GUEST = "guest"
"""Where whoever runs a lab may keep files that end with it: a demo's store and log."""
_FILES = (_CONTROL, TRUST_FILE, CONFIG_FILE)


def default_run_dir() -> Path:
    """Return where `lab up` keeps the lab of this user."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    state = os.environ.get("XDG_STATE_HOME")
    base = Path(runtime) if runtime else Path(state) if state else Path.home() / ".local" / "state"
    return base / "bt-console" / "lab"


def claim(run_dir: Path) -> bool:
    """Make the directory this process's; True when it had to be made. Raises LabError if a live lab has it."""
    is_new = not run_dir.exists()
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_owner(run_dir)
    except FileExistsError as error:
        raise LabError("lab.run_dir_not_directory", path=run_dir) from error
    except OSError as error:
        raise LabError("lab.run_dir_unusable", path=run_dir, why=error.strerror) from error
    return is_new


def _write_owner(run_dir: Path) -> None:
    pid = os.getpid()
    text = json.dumps({"pid": pid, "start_ticks": _start_ticks(pid)})
    for _ in range(2):
        try:
            fd = os.open(run_dir / _OWNER, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if (owner := live_owner(run_dir)) is not None:
                raise LabError("lab.already_up", path=run_dir, pid=owner) from None
            sweep(run_dir, is_ours=False)
        else:
            with os.fdopen(fd, "w", encoding="ascii") as file:
                file.write(text)
            return
    raise LabError("lab.already_up", path=run_dir, pid="?")


def live_owner(run_dir: Path) -> int | None:
    """Return the pid of the lab that lives in a directory."""
    try:
        owner = json.loads((run_dir / _OWNER).read_text(encoding="ascii"))
        pid, ticks = int(owner["pid"]), owner["start_ticks"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if ticks is not None and _start_ticks(pid) == ticks else None


def is_gone(run_dir: Path) -> bool:
    """Whether nothing of a lab is left in a directory."""
    return not (run_dir / _OWNER).exists()


def sweep(run_dir: Path, *, is_ours: bool) -> None:
    """Remove what a lab made; the directory too when the lab made it and it is empty. The owner's mark goes last."""
    for directory in (run_dir / KEYS, run_dir / SECRETS):
        with suppress(OSError):
            for file in directory.iterdir():
                file.unlink(missing_ok=True)
            directory.rmdir()
    for name in (GUEST, SPOOLS):
        shutil.rmtree(run_dir / name, ignore_errors=True)
    for name in (*_FILES, _OWNER):
        with suppress(OSError):
            (run_dir / name).unlink()
    if is_ours:
        with suppress(OSError):
            run_dir.rmdir()


def control_address(run_dir_fd: int) -> str:
    """Return the control socket's address by way of an open directory: a path may be longer than sockets allow."""
    return f"/proc/self/fd/{run_dir_fd}/{_CONTROL}"


def _start_ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])
