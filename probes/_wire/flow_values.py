"""Values of one flow: found on pages, or secret; put in where `{name}` or `{secret:name}` is written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from probes.api import FailureKind, ProbeFailure
from probes.secret import Secret

VALUE_LENGTH = 8192
_REFERENCE = re.compile(r"\{(secret:)?([a-z][a-z0-9_]*)\}")
NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHORT_LENGTH = 3
"""A secret this short is not looked for in messages: it would be found everywhere."""


def references(texts: Iterable[str]) -> set[tuple[bool, str]]:
    """Return what texts refer to, as (is secret, name)."""
    return {(bool(match[1]), match[2]) for text in texts for match in _REFERENCE.finditer(text)}


class Values:
    """Grows from page to page."""

    def __init__(self, secrets: Mapping[str, Secret]) -> None:
        self._secrets = secrets
        self._found: dict[str, str] = {}
        self._revealed: set[str] = set()

    def fill(self, text: str) -> str:
        """Return the text with every reference replaced. Raises ProbeFailure for a secret that cannot be read."""
        return _REFERENCE.sub(lambda match: self._value(bool(match[1]), match[2]), text)

    def _value(self, is_secret: bool, name: str) -> str:
        if not is_secret:
            return self._found[name]
        value = self._secrets[name].reveal()
        self._revealed |= {value, quote(value), quote_plus(value), html.escape(value)}
        return value

    def learn(self, name: str, value: str) -> None:
        """Keep a value for later steps."""
        if len(value) > VALUE_LENGTH:
            raise ProbeFailure(FailureKind.MISMATCH, f"{name} on the page is longer than {VALUE_LENGTH} characters")
        if not value.isprintable():
            raise ProbeFailure(FailureKind.MISMATCH, f"{name} on the page holds control characters")
        self._found[name] = value

    def scrub(self, text: str) -> str:
        """Return the text without any secret used so far, in any usual spelling: servers repeat what they are told."""
        for secret in sorted(self._revealed, key=len, reverse=True):
            if len(secret) > _SHORT_LENGTH:
                text = text.replace(secret, "***")
        return text
