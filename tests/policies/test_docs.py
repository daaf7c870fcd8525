"""The example of the documentation is a rule whose cases come out."""

from __future__ import annotations

import re
from pathlib import Path

from bt_console.config.rules import read_rule_file
from policies.trial import try_rule
from tests.policies.shelf import builtin

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")


def test_the_example_of_a_rule_works(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "SITE-PRN-01.yaml"
    path.write_text(text, encoding="utf-8")
    tried = try_rule(read_rule_file(path, builtin()))
    assert len(tried) == 5
    assert all(one.is_as_wanted for one in tried)


def test_every_key_of_a_rule_is_documented() -> None:
    for key in ("needs", "pass", "applies", "tables", "on_missing", "hold", "evidence", "legal", "cases", "scope"):
        assert re.search(rf"`{key}`|^{key}:", PAGE, re.MULTILINE), key
