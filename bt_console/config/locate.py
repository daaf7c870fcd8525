"""Finds the configuration file, and in it the store, without loading what validates it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bt_console.config.errors import ConfigErrors, ConfigProblem
from bt_console.config.yaml_reader import parse, read_file

VARIABLE = "BT_CONSOLE_CONFIG"
SYSTEM_DIRECTORY = Path("/etc/bt-console")
SYSTEM_FILE = SYSTEM_DIRECTORY / "config.yaml"
SYSTEM_STATE = Path("/var/lib/bt-console")


def find_config(
    explicit: str | None, environment: Mapping[str, str] = os.environ, system_file: Path = SYSTEM_FILE
) -> Path:
    """Return the file given with -c, else that of BT_CONSOLE_CONFIG, else the system's. Raises ConfigErrors."""
    if explicit:
        return expanded(explicit)
    if environment.get(VARIABLE):
        return expanded(environment[VARIABLE])
    if _may_exist(system_file):
        return system_file
    message = f"no configuration: neither -c FILE nor {VARIABLE} is given, and there is no {system_file}"
    hint = "copy config.example.yaml and give its path with -c, or try `bt-console demo`"
    raise ConfigErrors([ConfigProblem(file="", message=message, hint=hint)])


def _may_exist(path: Path) -> bool:
    """Tell whether a file is there; one that cannot be looked at is, so that reading it says why."""
    try:
        return path.exists()
    except OSError:
        return True


def read_store_path(config: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where a configuration's store is; only `store.path` is looked at. Raises ConfigErrors."""
    data = parse(read_file(config), str(config)).data
    store = data.get("store") if isinstance(data, dict) else None
    written = store.get("path") if isinstance(store, dict) else None
    is_path = isinstance(written, str) and written.isprintable()
    return store_path_of(config, written if is_path else None, environment)


def store_path_of(config: Path, written: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the store of a configuration: relative paths start at the file's directory."""
    here = config.absolute().parent
    if written and written.strip():
        return here / expanded(written.strip())
    if os.geteuid() == 0 and here == SYSTEM_DIRECTORY:
        return SYSTEM_STATE / f"{config.stem}.sqlite"
    return state_directory(environment) / f"{config.stem}.sqlite"


def expanded(written: str) -> Path:
    """Return a path with `~` replaced; a `~user` that nobody is stays as it is."""
    try:
        return Path(written).expanduser()
    except RuntimeError:
        return Path(written)


def state_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where a user's programs keep their state. Source: XDG Base Directory Specification 0.8."""
    given = environment.get("XDG_STATE_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "bt-console"
    home = environment.get("HOME")
    return (Path(home) if home else Path("/tmp")) / ".local" / "state" / "bt-console"  # noqa: S108
