"""Fields of a probe's params, read by their type hints: single values, secrets, and sections within sections."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from bt_console.config import quantity
from bt_console.config.errors import did_you_mean
from bt_console.config.quantity import QuantityError, shown
from bt_console.config.values import Loc, complaint
from probes.secret import HOW, Secret

KEY = "[key]"
"""Last element of a place that means the key and not its value, as pydantic has it."""
Found = list[tuple[Loc, PydanticCustomError]]


class _Mistakes(Exception):
    """What is wrong inside one value, each at its place below it."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


def read_fields(cls: Any, owner: str, noun: str, written: Mapping[str, Any]) -> tuple[dict[str, Any], Found]:
    """Return the checked fields of a dataclass that are written, and every mistake."""
    hints = _hints(cls)
    values: dict[str, Any] = {}
    found: Found = []
    for name, value in quantity.lengthen(written, frozenset(hints)).items():
        if name not in hints:
            hint = did_you_mean(name, {quantity.short_name(field) for field in hints})
            found.append(((name, KEY), complaint(f"{owner} has no {noun} `{name}`", hint)))
            continue
        try:
            values[name] = _Field(cls, owner, name).read(value)
        except QuantityError as error:
            found.append(((name,), complaint(str(error), error.hint)))
        except _Mistakes as mistakes:
            found += [((name, *loc), error) for loc, error in mistakes.found]
    return values, found


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """One field of one dataclass."""

    cls: Any
    owner: str
    name: str

    def read(self, value: Any) -> Any:
        """Return the checked value. Raises QuantityError about it or _Mistakes inside it."""
        return self._of(_hints(self.cls)[self.name], value)

    def _of(self, hint: Any, value: Any) -> Any:
        arguments = get_args(hint)
        if hint is Secret or (hint == Secret | None and value is not None):
            return self._secret(value)
        if get_origin(hint) is tuple and _is_section(arguments[0]):
            return self._sections(arguments[0], value)
        if _is_map(hint):
            return self._map(arguments[1], value)
        if _is_section(hint) and not isinstance(value, hint):
            return self._section(hint, value)
        return self._plain(hint, value)

    def _secret(self, value: Any) -> Secret:
        if isinstance(value, Secret):
            return value
        # The value is never shown: it may be the very secret somebody wrote here by mistake.
        if not isinstance(value, str):
            raise QuantityError(f"`{self.name}` of {self.owner} is a secret and must be given by reference", HOW)
        try:
            return Secret(value)
        except ValueError as error:
            raise QuantityError(f"`{self.name}` of {self.owner}: {str(error).partition(':')[0]}", HOW) from error

    def _sections(self, hint: Any, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            hint_text = "write `- key: value` lines below it"
            raise QuantityError(f"`{self.name}` of {self.owner} must be a list, not {shown(value)}", hint_text)
        return tuple(self._each(enumerate(value), hint))

    def _map(self, hint: Any, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            hint_text = "write `key: value` lines below it"
            raise QuantityError(f"`{self.name}` of {self.owner} must be a section, not {shown(value)}", hint_text)
        return dict(zip(value, self._each(value.items(), hint), strict=True))

    def _each(self, items: Any, hint: Any) -> Iterator[Any]:
        """Yield the checked values, then raise every mistake in any of them."""
        found: Found = []
        for key, value in items:
            try:
                yield value if _is_section(hint) and isinstance(value, hint) else self._of(hint, value)
            except QuantityError as error:
                found.append(((key,), complaint(str(error), error.hint)))
                yield None
            except _Mistakes as mistakes:
                found += [((key, *loc), error) for loc, error in mistakes.found]
                yield None
        if found:
            raise _Mistakes(found)

    def _section(self, hint: Any, value: Any) -> Any:
        owner = f"an entry of `{self.name}`"
        if not isinstance(value, Mapping):
            raise QuantityError(f"{owner} must be a section, not {shown(value)}", "write `key: value` lines below it")
        values, found = read_fields(hint, owner, "field", value)
        if found:
            raise _Mistakes(found)
        try:
            return hint(**values)
        except ValueError as error:
            raise QuantityError(f"{owner}: {error}", "correct it, or delete the line to get the default") from error

    def _plain(self, hint: Any, value: Any) -> Any:
        if quantity.suffix_of(self.name) and value is not None:
            value = quantity.read(self.name, value)
        adapter, is_strict = _adapter(hint)
        try:
            return adapter.validate_python(tuple(value) if isinstance(value, list) else value, strict=is_strict)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            is_text = "valid string" in reason and not isinstance(value, list | dict)
            advice = "put it in quotes" if is_text else f"the default is {self._default()}"
            message = f"`{self.name}` of {self.owner} cannot be {shown(value)}: {_lower(reason)}"
            raise QuantityError(message, advice) from error

    def _default(self) -> str:
        default = next(field.default for field in dataclasses.fields(self.cls) if field.name == self.name)
        return "empty" if default in ("", (), dataclasses.MISSING) else str(default)


def _is_map(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_section(hint: Any) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint is not Secret


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


@cache
def _adapter(hint: Any) -> tuple[TypeAdapter[Any], bool]:
    is_enum = isinstance(hint, type) and issubclass(hint, Enum)
    config = None if is_enum else ConfigDict(arbitrary_types_allowed=True)
    return TypeAdapter(hint, config=config), not is_enum
