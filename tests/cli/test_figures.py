from __future__ import annotations

import pytest

from bt_console.cli.figures import figure, unit_of


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.000023, "seconds", "0.023 ms"),
        (0.5, "seconds", "500.000 ms"),
        (1.2345, "seconds", "1.234 s"),
        (16.0, "seconds", "16 s"),
        (119.0, "seconds", "119 s"),
        (300.0, "seconds", "5 min"),
        (9000.0, "seconds", "2.5 h"),
        (7076978.0, "seconds", "81.9 d"),
        (-172800.0, "seconds", "-2 d"),
        (12_345_678.0, "bit/s", "12.3 Mbit/s"),
        (1e9, "bit/s", "1 Gbit/s"),
        (0.0, "bit/s", "0 bit/s"),
        (40_423_424.0, "octets", "40.4 MB"),
        (1500.0, "octets", "1.5 kB"),
        (999.0, "octets", "999 B"),
        (0.25, "errors/s", "0.2500 /s"),
        (0.2, "ratio", "20.0 %"),
        (0.0001, "ratio", "<0.1 %"),
        (0.0, "ratio", "0.0 %"),
        (41.26, "days", "41.3 d"),
        (36.5, "degrees Celsius", "36.5 °C"),
        (3.0, "packets", "3"),
    ],
)
def test_a_number_is_shown_in_the_unit_that_fits_it(value: float, unit: str, shown: str) -> None:
    assert figure(value, unit, "en") == shown


def test_vietnamese_has_its_own_words_and_decimal_mark() -> None:
    assert figure(9000.0, "seconds", "vi") == "2,5 giờ"
    assert figure(1500.0, "octets", "vi") == "1,5 kB"


def test_the_declared_unit_goes_before_what_a_name_seems_to_say() -> None:
    assert unit_of("in_errors_per_s") == "/s"
    assert unit_of("poll_s") == "seconds"
    assert unit_of("in_bps") == "bit/s"
    assert unit_of("odd_s", "packets") == "packets"
    assert unit_of("vlan") == ""
