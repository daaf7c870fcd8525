"""Faults: each sibling module breaks the district in one way and ends in FAULT = FaultKind(...)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache

from bt_console.config.errors import did_you_mean
from bt_console.lab.errors import LabError
from bt_console.lab.faults.api import Effect, FaultKind
from bt_console.lab.plan import Names


@cache
def discover() -> dict[str, FaultKind]:
    """Return every kind of fault by name."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "api")
    kinds: list[FaultKind] = [importlib.import_module(f"{__name__}.{name}").FAULT for name in modules]
    return {kind.name: kind for kind in kinds}


def effects_of(spec: str, names: Names) -> tuple[Effect, ...]:
    """Return what a specification such as `loss:tslcd:cao-son:20%` does. Raises LabError with what is wrong."""
    name, *given = spec.split(":")
    kind = discover().get(name)
    if kind is None:
        raise LabError("lab.unknown_fault", name=name, hint=did_you_mean(name, discover()))
    if not kind.takes(len(given)):
        raise LabError("lab.wrong_arguments", name=name, usage=kind.usage)
    _check_arguments(kind, given, names)
    return kind.effects(names, tuple(given))


def _check_arguments(kind: FaultKind, given: Sequence[str], names: Names) -> None:
    for argument, text in zip(kind.arguments, given, strict=False):
        if argument.check is not None:
            argument.check(text)
        elif text not in (known := argument.values(names)):
            raise LabError("lab.unknown_value", what=argument.name, text=text, hint=did_you_mean(text, known))
