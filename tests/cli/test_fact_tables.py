from __future__ import annotations

import probes
from bt_console.cli.fact_tables import ROWS_SHOWN, TABLES, cell, table_lines, tables_of
from bt_console.cli.probe_text import reading_lines
from bt_console.cli.render import cells
from probes.api import Outcome, Reading, Scalar

HOPS: dict[str, tuple[Scalar, ...]] = {
    "hop": (1, 2),
    "hop_address": ("10.0.0.1", "10.0.0.2"),
    "hop_rtt_ms": (0.5, 12.0),
}
PORTS: dict[str, tuple[Scalar, ...]] = {
    "if_index": (1, 2),
    "if_name": ("eth0", "eth1"),
    "if_alias": ("đường lên", ""),
    "if_speed_bps": (1_000_000_000, 100_000_000),
    "in_bps": (12_300_000.0, 0.0),
    "out_bps": (9_000.0, 0.0),
    "in_errors_per_s": (0.0, 1.5),
}


def test_columns_of_one_first_word_and_one_length_are_a_table() -> None:
    assert tables_of("path_trace", {**HOPS, "method": "icmp"}) == (HOPS,)


def test_lists_of_their_own_are_no_columns_even_when_equally_long() -> None:
    assert tables_of("dns_records", {"dmarc_reports": ("a",), "dmarc_errors": ("b",)}) == ()
    assert tables_of("ssh_algorithms", {"kex": ("a",), "ciphers": ("b",), "macs": ("c",)}) == ()


def test_columns_of_unequal_length_stay_lists() -> None:
    assert tables_of("path_trace", {**HOPS, "hop_rtt_ms": (0.5,)}) == ()


def test_columns_named_by_their_kind_need_no_common_word() -> None:
    assert tables_of("snmp_interfaces", PORTS) == (PORTS,)


def test_every_column_named_here_is_a_fact_of_its_kind() -> None:
    for kind, tables in TABLES.items():
        facts = probes.load(kind).facts
        assert [name for names in tables for name in names if facts.get(name) is not tuple] == []


def test_a_table_is_aligned_and_its_numbers_have_units() -> None:
    lines = table_lines(HOPS, "en", 80)
    assert lines == [
        "",
        "hop  hop_address  hop_rtt_ms",
        "  1  10.0.0.1       0.500 ms",
        "  2  10.0.0.2          12 ms",
    ]


def test_a_wide_table_goes_on_below_with_its_first_column_again() -> None:
    lines = table_lines(PORTS, "vi", 60)
    assert [line for line in lines if cells(line) > 60] == []
    titles = [line.split() for line in lines if "if_index" in line]
    assert len(titles) > 1
    assert [name for line in titles for name in line if name != "if_index"] == list(PORTS)[1:]
    assert any("1 Gbit/s" in line for line in lines)


def test_a_long_table_is_bounded_and_says_how_many_are_left() -> None:
    count = ROWS_SHOWN + 7
    lines = table_lines({"hop": tuple(range(count)), "hop_address": ("x",) * count}, "en", 80)
    assert len(lines) == 2 + ROWS_SHOWN + 1
    assert lines[-1] == "... and 7 more"


def test_text_from_the_network_cannot_steer_the_terminal() -> None:
    lines = table_lines({"hop": (1,), "hop_address": ("\x1b[2J\nevil",)}, "en", 80)
    assert all(line.isprintable() for line in lines)


def test_a_reading_shows_tables_below_its_other_facts_and_strips_only_units_of_time() -> None:
    reading = Reading(
        outcome=Outcome.OK,
        measures={"poll_s": 0.25, "errors_per_s": 0.5, "uptime_s": 864000.0},
        facts={**PORTS, "sys_name": "sw-1"},
    )
    lines = reading_lines(probes.load("snmp_interfaces"), "10.0.0.2", reading, "en", 80)
    assert lines[1:5] == [
        "  poll          250.000 ms",
        "  errors_per_s  0.5000 /s",
        "  uptime        10 d",
        "  sys_name      sw-1",
    ]
    assert lines[5] == ""
    assert "if_index" in lines[6]


def test_what_is_not_known_is_no_number() -> None:
    assert [cell(name, -1.0, "en") for name in ("in_ratio", "in_bps", "in_errors_per_s")] == ["–", "–", "–"]
    assert cell("in_ratio", 0.0, "en") == "0.0 %"
