"""Takes an expression apart, so that people are told which part was false and which elements made it so.

Works on the text: brackets and string literals are respected, nothing else of the grammar needs to be known.
"""

from __future__ import annotations

import re

from policies.cel import blank_literals

_EXISTS = re.compile(r"!\s*([a-z][a-z0-9_.]*)\.exists\s*(?=\()")
_ALL = re.compile(r"([a-z][a-z0-9_.]*)\.all\s*(?=\()")
_EMPTY = re.compile(r"(?:size\(\s*([a-z][a-z0-9_.]*)\s*\)|([a-z][a-z0-9_.]*)\.size\(\s*\))\s*==\s*0")
_BODY = re.compile(r"\(\s*([a-z_][a-z0-9_]*)\s*,(.*)\)", re.DOTALL)


def conjuncts(text: str) -> tuple[str, ...]:
    """Return the parts that must all be true; the whole text when it is no conjunction."""
    inner = _without_brackets(text.strip())
    plain = blank_literals(inner)
    if _cuts(plain, "?") or _cuts(plain, "||"):
        return (inner,)
    cuts = _cuts(plain, "&&")
    if not cuts:
        return (inner,)
    starts, ends = [0, *(at + 2 for at in cuts)], [*cuts, len(inner)]
    parts = (inner[start:end] for start, end in zip(starts, ends, strict=True))
    return tuple(small for part in parts for small in conjuncts(part))


def culprits(part: str) -> str:
    """Return the expression of the elements that make a part false; empty where its form cannot be turned round."""
    empty = _EMPTY.fullmatch(part)
    if empty:
        return f"{empty[1] or empty[2]}.filter(element, true)"
    for pattern, template in ((_EXISTS, "{}.filter({}, {})"), (_ALL, "{}.filter({}, !({}))")):
        match = pattern.match(part)
        if match and (body := _whole_bracket(part, match.end())) and (inside := _BODY.fullmatch(body)):
            return template.format(match[1], inside[1], inside[2].strip())
    return ""


def _cuts(plain: str, operator: str) -> list[int]:
    """Return where an operator stands outside all brackets."""
    found, depth = [], 0
    for at, letter in enumerate(plain):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and plain.startswith(operator, at):
            found.append(at)
    return found


def _without_brackets(text: str) -> str:
    while text.startswith("(") and _whole_bracket(text, 0):
        text = text[1:-1].strip()
    return text


def _whole_bracket(text: str, start: int) -> str:
    """Return the rest of a text when it is one bracket that opens at `start` and closes at the end."""
    depth = 0
    for at, letter in enumerate(blank_literals(text)[start:], start):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0:
            return text[start:] if at == len(text) - 1 else ""
    return ""
