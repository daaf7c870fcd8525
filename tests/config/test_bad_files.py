"""Each mistake has its own file, with the exact message beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bt_console.config.load import ConfigErrors, load_config

FILES = sorted(Path(__file__).with_name("bad").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_gets_exactly_the_expected_messages(path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load_config(path)
    told = str(caught.value).replace(str(path), "FILE").replace(str(path.parent), "DIRECTORY")
    assert told + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_bad_file_has_its_message_and_every_message_its_file() -> None:
    messages = Path(__file__).with_name("bad").glob("*.txt")
    assert {path.stem for path in FILES} == {path.stem for path in messages}
    assert len(FILES) > 90
