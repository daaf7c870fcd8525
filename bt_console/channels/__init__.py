"""Ways to reach people: one file each, found by name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from bt_console.channels.api import ChannelKind


@cache
def names() -> tuple[str, ...]:
    """Return the name of every kind; loads none."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name != "api" and not name.startswith("_")))


def load(name: str) -> ChannelKind:
    """Return one kind. Raises KeyError for a name that is none."""
    if name not in names():
        raise KeyError(name)
    kind: ChannelKind = import_module(f"bt_console.channels.{name}").CHANNEL
    return kind
