"""Turns a document into the schema's types, and every validation error into a problem with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bt_console.config.check_spec import PROBE_KEY
from bt_console.config.errors import ConfigProblem, did_you_mean
from bt_console.config.fields import KEY
from bt_console.config.quantity import short_name, shown
from bt_console.config.schema import EXAMPLES, FileSpec
from bt_console.config.yaml_reader import Document, Loc

_NAMED = ("services", "units")
"""Sections whose entries stand alone: a mistake in one leaves the others checkable."""


def validate(document: Document) -> tuple[FileSpec | None, tuple[ConfigProblem, ...]]:
    """Return what could be read, without the entries that could not, and all problems."""
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else f"holds {shown(document.data)}, not sections"
        return None, (document.problem((), what, "start from config.example.yaml"),)
    try:
        return FileSpec.model_validate(document.data), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
    problems = tuple(_problem(document, detail) for detail in details)
    try:
        return FileSpec.model_validate(_without(document.data, [detail["loc"] for detail in details])), problems
    except ValidationError:
        return None, problems


def _without(data: dict[str, Any], locs: list[Loc]) -> dict[str, Any]:
    """Return the data without the faulty entries of units and services and the faulty other sections."""
    kept = {key: dict(value) if key in _NAMED and isinstance(value, dict) else value for key, value in data.items()}
    for loc in locs:
        section = kept.get(str(loc[0])) if loc else None
        if isinstance(section, dict) and loc[0] in _NAMED and len(loc) > 1:
            section.pop(str(loc[1]), None)
        elif loc:
            kept.pop(str(loc[0]), None)
    return kept


def _problem(document: Document, detail: ErrorDetails) -> ConfigProblem:
    loc, at_key = _written_loc(document, detail["loc"])
    message, hint = _words(detail, loc)
    if detail["type"] == "missing" or message.endswith(" is missing"):
        return document.problem(loc[:-1], message, hint, at_key=True)
    at_key = at_key or detail["type"] == "extra_forbidden"
    return document.problem(loc, message, hint, at_key=at_key)


def _written_loc(document: Document, loc: Loc) -> tuple[Loc, bool]:
    """Return the place as the file has it: short names instead of full ones, no markers of ours."""
    written: Loc = ()
    for part in loc:
        if part in (KEY, PROBE_KEY):
            return written, True
        full, short = (*written, part), (*written, short_name(str(part)))
        written = short if full not in document.keys and short in document.keys else full
    return written, False


def _words(detail: ErrorDetails, loc: Loc) -> tuple[str, str]:
    name = next((part for part in reversed(loc) if isinstance(part, str)), "")
    kind = detail["type"]
    if kind == "config":
        return _prefixed(name, detail["msg"]), str(detail.get("ctx", {}).get("hint", ""))
    if kind == "missing":
        name = short_name(name)
        example = EXAMPLES.get(f"{loc[0]}.{name}", EXAMPLES.get(name))
        return f"`{name}` is missing", f"add `{name}: {example}`" if example else f"add `{name}:`"
    if kind == "extra_forbidden":
        return _unknown_key(detail, name)
    if kind in ("list_type", "dict_type"):
        wanted = "a list" if kind == "list_type" else "a section"
        hint = "write `- value` lines below it" if kind == "list_type" else "write `key: value` lines below it"
        return f"`{name}` must be {wanted}, not {shown(detail['input'])}", hint
    return f"`{name}`: {detail['msg']}", ""


def _prefixed(name: str, text: str) -> str:
    return f"`{name}` {text}" if text.startswith(("must be", "is ", "holds ")) else text


def _unknown_key(detail: ErrorDetails, name: str) -> tuple[str, str]:
    known = _fields_at(detail["loc"][:-1])
    double = next((field for field in known if short_name(field) == name), None)
    if double:
        return f"`{name}` and `{double}` say the same", "keep one of them"
    return f"unknown key `{name}`", did_you_mean(name, {short_name(field) for field in known})


def _fields_at(loc: Loc) -> tuple[str, ...]:
    """Return the names of the fields of the section at a place."""
    annotation: Any = FileSpec
    for part in loc:
        annotation = next(_inner(annotation, part), None)
    model = next(_models(annotation), None)
    return tuple(field.alias or name for name, field in model.model_fields.items() if name != "probe") if model else ()


def _inner(annotation: Any, part: str | int) -> Iterator[Any]:
    """Yield the annotations a step into an annotation may lead to."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from (field.annotation for name, field in annotation.model_fields.items() if part in (name, field.alias))
    elif get_origin(annotation) is dict:
        yield get_args(annotation)[1]
    elif get_origin(annotation) is list:
        yield get_args(annotation)[0]
    else:
        for argument in get_args(annotation):
            yield from _inner(argument, part)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) not in (dict, list):
        for argument in get_args(annotation):
            yield from _models(argument)
