"""Dataclasses of the model as JSON objects, and back.

For documents nobody queries: the on-call configuration, policies, matches. A field added later with a default is read
from older documents as that default; a field annotated Any may hold a secret and is never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from bt_console.store.codec import dump, instant, micros, parse

T = TypeVar("T")


def dump_document(value: Any) -> str:
    """Return a dataclass as compact JSON."""
    return dump(_plain(value))


def parse_document(kind: type[T], text: str) -> T:
    """Return what dump_document() was given, but for its fields annotated Any."""
    document: T = _build(kind, parse(text))
    return document


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return {name: _plain(getattr(value, name)) for name, hint in hints.items() if hint is not Any}
    if isinstance(value, datetime):
        return micros(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(kept) for key, kept in value.items()}
    if isinstance(value, frozenset):
        return [_plain(kept) for kept in sorted(value)]
    return [_plain(kept) for kept in value] if isinstance(value, tuple) else value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(hint: Any, value: Any) -> Any:
    if isinstance(hint, NewType):
        return value
    if (origin := get_origin(hint)) is not None:
        return _build_generic(origin, get_args(hint), value)
    if is_dataclass(hint):
        hints = _hints(hint)  # type: ignore[arg-type]  # is_dataclass() is also true of instances
        kept = {name: _build(hints[name], part) for name, part in value.items() if name in hints}
        return hint(**kept)  # type: ignore[operator]  # as above
    if hint is datetime:
        return instant(value)
    if hint in (date, time):
        return hint.fromisoformat(value)
    return hint(value) if issubclass(hint, Enum) else value


def _build_generic(origin: Any, args: tuple[Any, ...], value: Any) -> Any:
    if origin in (Union, UnionType):
        (hint,) = (arg for arg in args if arg is not NoneType)
        return None if value is None else _build(hint, value)
    if issubclass(origin, Mapping):
        return {key: _build(args[1], part) for key, part in value.items()}
    hints = [args[0]] * len(value) if origin is frozenset or args[1:] == (...,) else args
    return origin(_build(hint, part) for hint, part in zip(hints, value, strict=True))
