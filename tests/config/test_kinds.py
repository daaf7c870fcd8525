from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

import probes
from bt_console.config.kinds import read_params, read_thresholds
from bt_console.model.inventory import Side, Threshold


def complaints(error: ValidationError) -> list[tuple[tuple[int | str, ...], str, str]]:
    return [(detail["loc"], detail["msg"], detail["ctx"]["hint"]) for detail in error.errors()]


def test_params_follow_the_fields_of_the_kind() -> None:
    assert read_params("icmp_echo", {"count": 5, "timeout": "500ms"}) == {"count": 5, "timeout_s": 0.5}
    assert read_params("http_get", {"verify_tls": False, "max": "1MiB"}) == {
        "verify_tls": False,
        "max_octets": 1_048_576,
    }
    assert read_params("dns_query", {"expect": ["a", "b"]}) == {"expect": ("a", "b")}
    assert read_params("http_get", None) == {}


def test_every_mistake_in_params_is_told_under_its_key() -> None:
    with pytest.raises(ValidationError) as caught:
        read_params("icmp_echo", {"cuont": 5, "count": "3", "timeout": 1})
    assert [loc for loc, _, _ in complaints(caught.value)] == [("cuont", "[key]"), ("count",), ("timeout_s",)]
    assert complaints(caught.value)[0][1:] == ("icmp_echo has no param `cuont`", "did you mean count?")


def test_text_is_never_made_of_a_number() -> None:
    with pytest.raises(ValidationError) as caught:
        read_params("http_get", {"expect_status": 200, "verify_tls": "yes"})
    first, second = complaints(caught.value)
    assert first[2] == "put it in quotes"
    assert second[2] == "the default is True"


@pytest.mark.parametrize("name", probes.names())
def test_the_params_of_every_kind_can_be_written_as_they_are_by_default(name: str) -> None:
    default = probes.load(name).params()
    written = {field: getattr(default, field) for field in default.__dataclass_fields__}
    assert read_params(name, written) == written


def test_thresholds_have_a_side_a_limit_and_a_count_of_readings() -> None:
    found = read_thresholds("icmp_echo", {"loss_ratio": {"above": "10%", "for": "6 of 12"}, "rtt_median_s": False})
    assert found == {
        "loss_ratio": Threshold(measure="loss_ratio", side=Side.ABOVE, limit=0.1, k=6, n=12),
        "rtt_median_s": None,
    }
    assert read_thresholds("tls_handshake", {"certificate_days_left": {"below": 21}})["certificate_days_left"] == (
        Threshold(measure="certificate_days_left", side=Side.BELOW, limit=21.0)
    )


@pytest.mark.parametrize(
    "entry", ["10%", {}, {"above": "1%", "below": "2%"}, {"above": "1%", "of": 3}, {"above": "1s"}, {"for": "1 of 1"}]
)
def test_a_threshold_that_says_too_little_or_too_much_is_refused(entry: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        read_thresholds("icmp_echo", {"loss_ratio": entry, "los": {"above": 1}})
    assert [loc for loc, _, _ in complaints(caught.value)] == [("loss_ratio",), ("los", "[key]")]


def test_params_and_thresholds_are_sections() -> None:
    for read in (read_params, read_thresholds):
        with pytest.raises(PydanticCustomError, match="must be a section, not a list"):
            read("icmp_echo", ["count"])
