"""Parameters of a probe from the command line, under the rules of the configuration file: `-p timeout=5s`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from bt_console.cli.command import UsageError
from bt_console.config import quantity
from bt_console.config.kinds import read_params
from bt_console.config.quantity import QuantityError
from bt_console.words import tell
from probes.api import ProbeKind

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


def parse_params(kind: ProbeKind, written: Sequence[str], language: str) -> Any:
    """Return an instance of the kind's params from `key=value` texts. Raises UsageError with every mistake."""
    entries = dict(_pair(text, language) for text in written)
    hints = get_type_hints(kind.params)
    full = {quantity.short_name(name): name for name in hints} | {name: name for name in hints}
    try:
        typed = {key: _typed(value, hints.get(full.get(key, ""))) for key, value in entries.items()}
        return kind.params(**read_params(kind.name, typed))
    except ValidationError as error:
        problems = "; ".join(_told(details) for details in error.errors())
        cause: ValueError = error
    except ValueError as error:
        problems, cause = str(error), error
    allowed = ", ".join(sorted(quantity.short_name(name) for name in hints))
    raise UsageError(tell(language, "cli.bad_params", problems=problems, kind=kind.name, allowed=allowed)) from cause


def _pair(text: str, language: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(tell(language, "cli.not_a_pair", text=text))
    return key.strip().replace("-", "_"), value


def _typed(text: str, hint: Any) -> Any:
    """Return a value as the configuration file would give it: text stays text where text is wanted."""
    choices = get_args(hint) or (hint,)
    if get_origin(hint) is tuple:
        return [_typed(part, choices[0]) for part in _parts(text)]
    if any(get_origin(choice) is tuple for choice in choices):
        return _parts(text)
    if str in choices or not text:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _parts(text: str) -> list[str]:
    """Return the members of a list: separated by blanks where there are any, as in a shell, else by commas."""
    if " " not in text.strip():
        return [part.strip() for part in text.split(",") if part.strip()]
    return shlex.split(text)


def _told(details: Any) -> str:
    context = details.get("ctx", {})
    hint = context.get("hint", "")
    return f"{context.get('text', details['msg'])} ({hint})" if hint else str(context.get("text", details["msg"]))


def parse_timeout(text: str, language: str) -> float:
    """Return a deadline such as `5s`. Raises UsageError."""
    try:
        timeout_s = quantity.with_unit(text, quantity.DIMENSIONS["_s"], "timeout")
    except QuantityError as error:
        raise UsageError(f"--timeout: {error} ({error.hint})") from error
    if timeout_s <= 0:
        raise UsageError(tell(language, "cli.bad_timeout", text=text))
    return float(timeout_s)


def parse_nameservers(written: Sequence[str], language: str) -> tuple[str, ...]:
    """Return name servers as probes take them: `address` or `address:port`. Raises UsageError."""
    for text in written:
        host, _, port = text.rpartition(":") if text.count(":") == 1 or text.startswith("[") else (text, "", "53")
        try:
            ip_address(host.strip("[]"))
            is_good = 0 < int(port) < 65536
        except ValueError:
            is_good = False
        if not is_good:
            raise UsageError(tell(language, "cli.bad_nameserver", text=text))
    return tuple(written)


def readable(path: Path | None, language: str) -> Path | None:
    """Return a path that can be read as a file. Raises UsageError."""
    try:
        if path is not None:
            path.open("rb").close()
    except OSError as error:
        raise UsageError(tell(language, "cli.unreadable", path=path, why=error.strerror)) from error
    return path
