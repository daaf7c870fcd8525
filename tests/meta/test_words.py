"""Every sentence the program tells is in a catalogue."""

from __future__ import annotations

import importlib
import pkgutil
import re

import bt_console.words
from tests.meta.tree import files, read

_CODE = re.compile(
    r'"((?:cli|doctor|lab|screen|cause|engine)\.[a-z_.-]+[a-z])"'
    r'|(?:message|say|tell)\((?:[a-z_.]+,\s*)?"([a-z_]+\.[a-z_.]+[a-z])"'
)


def test_every_code_written_in_the_program_is_in_a_catalogue() -> None:
    modules = pkgutil.iter_modules(bt_console.words.__path__)
    known = {code for module in modules for code in importlib.import_module(f"bt_console.words.{module.name}").WORDS}
    sources = [path for path in files(".py", under="bt_console") if path.parent.name != "words"]
    written = {prefixed or told for path in sources for prefixed, told in _CODE.findall(read(path))}
    assert len(written) > 100
    assert written - known == set()
