"""Probes: each sibling module measures one thing in one way and ends in PROBE = ProbeKind(...)."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from probes.api import ProbeKind

_NOT_KINDS = ("api", "secret")


@cache
def names() -> tuple[str, ...]:
    """Return the names of all probe kinds without importing their modules."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if name not in _NOT_KINDS and not name.startswith("_")))


@cache
def load(name: str) -> ProbeKind:
    """Return one probe kind. Raises KeyError for a name that names() does not list."""
    if name not in names():
        raise KeyError(name)
    kind: ProbeKind = importlib.import_module(f"probes.{name}").PROBE
    return kind


def discover() -> dict[str, ProbeKind]:
    """Return every probe kind by name."""
    return {name: load(name) for name in names()}
