"""Messages as stored (language-free) and as read (Vietnamese or English).

A message is `code|name=value|...`; values are percent-escaped. Catalogues sit in the sibling modules as
WORDS = {code: (vietnamese, english)} with str.format fields.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from urllib.parse import quote, unquote

from bt_console.words.details import in_vietnamese

LANGUAGES = ("vi", "en")


def message(code: str, **values: object) -> str:
    """Return the storable form of a message."""
    fields = (f"{name}={quote(str(value), safe=' /:.,()-')}" for name, value in values.items())
    return "|".join((code, *fields))


def say(language: str, stored: str) -> str:
    """Return a stored message in a language; an unknown code is shown as it is stored."""
    code, *fields = stored.split("|")
    values = {name: unquote(value) for name, _, value in (f.partition("=") for f in fields)}
    return tell(language, code, **values)


def tell(language: str, code: str, **values: object) -> str:
    """Return a catalogue entry in a language with its fields filled in."""
    texts = _catalogue().get(code)
    if texts is None:
        return " ".join((code, *(f"{name}={value}" for name, value in values.items())))
    return texts[LANGUAGES.index(language)].format_map(_Shown(language, values))


class _Shown(dict[str, object]):
    """Fields of a format string: `{x_words}` names kind x, `{x_state}` state x, `{x_said}` says message x.

    `detail` is what a probe said in English, and is said in Vietnamese where it is known. A missing field is shown
    as ? rather than raising.
    """

    def __init__(self, language: str, values: dict[str, object]) -> None:
        super().__init__(values)
        self._language = language
        if language == "vi" and isinstance(detail := values.get("detail"), str):
            self["detail"] = in_vietnamese(detail)

    def __missing__(self, key: str) -> str:
        name, _, how = key.rpartition("_")
        if how == "words" and name in self:
            return tell(self._language, f"kind.{self[name]}")
        if how == "state" and name in self:
            return tell(self._language, f"state.{self[name]}")
        if how == "said" and name in self:
            return say(self._language, str(self[name]))
        return "?"


@cache
def _catalogue() -> dict[str, tuple[str, str]]:
    merged: dict[str, tuple[str, str]] = {}
    for module in iter_modules(__path__):
        merged |= import_module(f"bt_console.words.{module.name}").WORDS
    return merged
