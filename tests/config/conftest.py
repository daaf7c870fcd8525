"""A small district as text, and what loading an edited one gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bt_console.config.load import ConfigErrors, Settings, load_config

SMALL = """\
district: {name: Huyện Thử Nghiệm}
hub:
  name: UBND huyện
  internet: {gateway: 203.0.113.1}
  tslcd: {gateway: 10.255.0.1}
tslcd_core: {address: 10.255.255.1}
dns: {address: 10.20.0.53}
services:
  qlvb:
    name: Văn bản
    path: tslcd
    url: https://qlvb.example/
    address: 10.254.1.11
units:
  cao-son:
    name: Xã Cao Sơn
    lan: {subnet: 10.21.2.0/24, gateway: 10.21.2.1}
    internet: 198.51.100.10
    tslcd: 10.255.2.2
    devices:
      may-in: 10.21.2.12
"""


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Settings]:
    """Return a loader of the small district with text added at its end and (before, after) pairs replaced."""

    def load(added: str = "", *edits: tuple[str, str]) -> Settings:
        text = SMALL
        for before, after in edits:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        path = tmp_path / "small.yaml"
        path.write_text(text + added, encoding="utf-8")
        return load_config(path)

    return load


@pytest.fixture
def refused(small: Callable[..., Settings]) -> Callable[..., list[str]]:
    """Return a loader that must fail, and gives `line:column: message` of each problem."""

    def load(added: str = "", *edits: tuple[str, str]) -> list[str]:
        with pytest.raises(ConfigErrors) as caught:
            small(added, *edits)
        return [f"{problem.line}:{problem.column}: {problem.message}" for problem in caught.value.problems]

    return load
