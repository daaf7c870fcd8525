from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bt_console.config import values
from bt_console.model.inventory import UnitKind


def read(annotation: Any, written: Any) -> Any:
    return TypeAdapter(annotation).validate_python(written)


def refusal(annotation: Any, written: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        read(annotation, written)
    (detail,) = caught.value.errors()
    return detail["msg"], detail["ctx"]["hint"]


ANY = st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text()), st.binary())
TYPES = [
    values.Text, values.Line, values.Slug, values.Address, values.Interface, values.Network, values.Url,
    values.Nameserver, values.TimeZone, values.Language, values.Path, values.ServiceKind, values.Whole, values.KOfN,
]  # fmt: skip


@given(st.sampled_from(TYPES), ANY)
def test_anything_is_read_or_refused_with_a_hint(annotation: Any, written: Any) -> None:
    try:
        read(annotation, written)
    except ValidationError as error:
        assert all(detail["ctx"]["hint"] for detail in error.errors())  # noqa: PT017


def test_names_are_composed_and_trimmed() -> None:
    assert read(values.Text, "  Xa\u0303 Ha\u0300 Vi\u0323 ") == "Xã Hà Vị"


def test_an_id_is_suggested_for_a_name() -> None:
    assert refusal(values.Slug, "Thị trấn Đồng Tâm")[1] == "write thi-tran-dong-tam"
    assert refusal(values.Slug, "--")[1] == "use a-z, 0-9 and hyphens"
    assert read(values.Slug, "don-phong-2") == "don-phong-2"


def test_a_subnet_with_host_bits_is_told_what_it_is() -> None:
    assert refusal(values.Network, "10.21.2.5/24") == ("`10.21.2.5/24` has host bits set", "the subnet is 10.21.2.0/24")


@pytest.mark.parametrize("written", ["192.0.2.53", "192.0.2.53:5353", "fd00::53"])
def test_name_servers_have_an_address_and_perhaps_a_port(written: str) -> None:
    assert read(values.Nameserver, written) == written


@pytest.mark.parametrize("written", ["dns", "192.0.2.53:0", "192.0.2.53:x", "192.0.2.53:70000", 5, ""])
def test_name_servers_without_a_usable_address_or_port_are_refused(written: Any) -> None:
    assert refusal(values.Nameserver, written)[1] == "write its IP address, or address:port"


def test_a_choice_gives_the_member_and_leaves_some_out() -> None:
    annotation = Annotated[UnitKind, values.choice(UnitKind, without=[UnitKind.HUB])]
    assert read(annotation, "town") is UnitKind.TOWN
    assert refusal(annotation, "hub")[0] == "`hub` is not one of commune, town, department"


def test_a_range_is_inclusive() -> None:
    annotation = Annotated[values.Whole, values.between(1, 3, ("1", "3"))]
    assert [read(annotation, number) for number in (1, 3)] == [1, 3]
    assert refusal(annotation, 4)[0] == "is out of range: 1 to 3 are allowed"


@pytest.mark.parametrize("written", ["", "Asia", "../etc/passwd", "/etc/localtime", "x" * 5000, "a\0b", 7, None])
def test_what_is_no_time_zone_is_refused(written: Any) -> None:
    assert refusal(values.TimeZone, written)[0].startswith("unknown time zone")
