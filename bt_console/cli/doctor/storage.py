"""Is there a valid configuration, can the store be written, is there room, and who writes it now?"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bt_console.cli.doctor.finding import Finding, State, ok
from bt_console.words import message

if TYPE_CHECKING:
    from bt_console.config.load import Settings

MIB = 1 << 20
SPACE_WARN_OCTETS = 1024 * MIB
SPACE_FAIL_OCTETS = 100 * MIB


def configuration(asked: str | None) -> tuple[Finding, Settings | None]:
    """Return whether the configuration can be found and is valid, and what it says."""
    # Imported here: the validation library costs a second on a slow machine.
    from bt_console.config.errors import ConfigErrors
    from bt_console.config.load import load_config
    from bt_console.config.locate import find_config

    try:
        settings = load_config(find_config(asked))
    except ConfigErrors as error:
        return judge_configuration(error), None
    return ok("config", path=settings.path, checks=len(settings.inventory.checks)), settings


def judge_configuration(error: Exception) -> Finding:
    """Return the verdict on a configuration that did not load: its first problem and how to see all."""
    problems = getattr(error, "problems", ())
    first = str(problems[0]) if problems else str(error)
    file = problems[0].file if problems else ""
    remedy = f"bt-console check-config {shlex.quote(file)}" if file else ""
    text = message("doctor.config.fail", problem=first, more=max(0, len(problems) - 1))
    return Finding(name="config", state=State.FAIL, message=text, remedy=remedy)


def store(path: Path) -> Finding:
    """Return whether this user may write the store, or make it."""
    place = path if path.exists() else _nearest_directory(path)
    if os.access(place, os.W_OK) and os.access(_nearest_directory(path), os.W_OK | os.X_OK):
        return ok("store", path=path)
    directory = shlex.quote(str(path.parent))
    remedy = f"sudo install -d -o {os.getuid()} -g {os.getgid()} -m 750 {directory}"
    return Finding(name="store", state=State.FAIL, message=message("doctor.store.fail", path=path), remedy=remedy)


def _nearest_directory(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.is_dir())


def space(path: Path) -> Finding:
    """Return whether the store's disk has room."""
    return judge_space(shutil.disk_usage(_nearest_directory(path)).free, path)


def judge_space(free_octets: int, path: Path) -> Finding:
    """Return the verdict on free space."""
    free_mib = free_octets // MIB
    if free_octets >= SPACE_WARN_OCTETS:
        return ok("disk", free=free_mib)
    state = State.FAIL if free_octets < SPACE_FAIL_OCTETS else State.WARN
    text = message("doctor.disk.low", free=free_mib, path=path.parent)
    return Finding(name="disk", state=state, message=text, remedy=f"du -xh {shlex.quote(str(path.parent))} | sort -h")


def monitor(path: Path) -> Finding:
    """Return which monitor writes the store now, from the lock it holds beside it."""
    owner = lock_owner(path)
    if owner is None:
        return Finding(name="monitor", state=State.OK, message=message("doctor.monitor.none"))
    return ok("monitor", pid=owner)


def lock_owner(path: Path) -> str | None:
    """Return the process id that holds `<store>.lock`; None when nobody does."""
    try:
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
    else:
        return None
    finally:
        os.close(descriptor)
