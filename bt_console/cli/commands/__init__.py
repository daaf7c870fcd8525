"""The commands: each sibling module is one, ends in COMMAND = Command(...) and imports heavy rooms only when run."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bt_console.cli.command import Command


@cache
def names() -> tuple[str, ...]:
    """Return the names of all commands without importing their modules."""
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Command:
    """Return one command. Raises KeyError for a name that names() does not list."""
    if name not in names():
        raise KeyError(name)
    command: Command = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").COMMAND
    return command
