from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_console.model.device import is_group, is_local, read_mac


@pytest.mark.parametrize(
    "written",
    [
        "aa:bb:cc:dd:0e:0f",
        " AA-BB-CC-DD-0E-0F ",
        "aabb.ccdd.0e0f",
        "AABB-CCDD-0E0F",
        "aabbcc-dd0e0f",
        "AABBCCDD0E0F",
        "aa:bb:cc:dd:e:f",
    ],
)
def test_every_usual_notation_means_the_same(written: str) -> None:
    assert read_mac(written) == "aa:bb:cc:dd:0e:0f"


@pytest.mark.parametrize(
    "written",
    ["", "aa:bb:cc:dd:ee", "aa:bb-cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff:00", "gg:bb:cc:dd:ee:ff", "aabb.ccdd-0e0f"],
)
def test_anything_else_is_none(written: str) -> None:
    assert read_mac(written) is None


@given(st.text(max_size=40))
def test_whatever_is_written_is_none_or_in_the_one_form(written: str) -> None:
    mac = read_mac(written)
    assert mac is None or (read_mac(mac) == mac and len(mac) == 17)


def test_groups_and_made_up_addresses_are_told_by_their_bits() -> None:
    assert is_group("01:00:5e:00:00:01")
    assert is_group("ff:ff:ff:ff:ff:ff")
    assert is_group("00:00:00:00:00:00")
    assert not is_group("00:00:0c:00:00:01")
    assert is_local("52:54:00:12:34:56")
    assert not is_local("00:50:56:12:34:56")
