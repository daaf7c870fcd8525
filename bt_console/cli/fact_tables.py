"""Facts that are columns of one table, shown as one: interfaces, hops, neighbours, devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from bt_console.cli.figures import BITS, RATIO, figure, unit_of
from bt_console.cli.render import GAP, Column, cells, table
from bt_console.words import tell
from probes.api import Fact, Scalar, clean

ROWS_SHOWN = 40
TABLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "arp_sweep": (("ip", "mac", "rtt_ms"),),
    "http_flow": (("step_names", "step_status", "step_s"),),
    "snmp_interfaces": (
        (
            *("if_index", "if_name", "if_alias", "if_admin", "if_oper", "if_speed_bps", "if_restarted"),
            *("in_ratio", "out_ratio", "in_bps", "out_bps", "in_errors_per_s", "out_errors_per_s"),
        ),
    ),
    "snmp_neighbours": (("mac", "ip", "vlan", "port", "port_macs_count", "is_uplink", "source"),),
}
"""Columns whose names do not begin with one word. Of all others the common first word tells: hop, hop_address."""
_NEVER_NEGATIVE = frozenset({RATIO, BITS, "/s"})
"""Where a table holds -1 of these, the value is not known."""
Columns = Mapping[str, tuple[Scalar, ...]]


def tables_of(kind: str, facts: Mapping[str, Fact]) -> tuple[Columns, ...]:
    """Return the tables among a reading's facts: two columns or more, of equal length."""
    lists = {name: value for name, value in facts.items() if isinstance(value, tuple)}
    named = [[name for name in names if name in lists] for names in TABLES.get(kind, ())]
    rest = [name for name in lists if not any(name in names for names in named)]
    alike = [list(names) for _, names in groupby(rest, key=_first_word)]
    meant = [*named, *(names for names in alike if not _are_lists(names))]
    return tuple(
        {name: lists[name] for name in names}
        for names in meant
        if len(names) > 1 and len({len(lists[name]) for name in names}) == 1
    )


def _first_word(name: str) -> str:
    return name.partition("_")[0]


def _are_lists(names: Sequence[str]) -> bool:
    """Tell lists of their own from columns: the first is named in the plural, such as `dmarc_reports`."""
    return names[0].endswith("s")


def table_lines(columns: Columns, language: str, width: int) -> list[str]:
    """Return a table, bounded; columns that do not fit side by side follow below, with the first one repeated."""
    names = list(columns)
    count = len(columns[names[0]])
    if not count:
        return []
    cell_columns = {name: [cell(name, value, language) for value in columns[name][:ROWS_SHOWN]] for name in names}
    lines: list[str] = []
    for band in _bands(cell_columns, width):
        titles = [Column(title=name, is_right=_is_number(columns[name]), is_flexible=True) for name in band]
        rows = list(zip(*(cell_columns[name] for name in band), strict=True))
        lines += ["", *table(titles, rows, width)]
    if count > ROWS_SHOWN:
        lines.append(tell(language, "cli.probe.more_rows", n=count - ROWS_SHOWN))
    return lines


def _is_number(values: Sequence[Scalar]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _bands(cell_columns: Mapping[str, Sequence[str]], width: int) -> list[list[str]]:
    """Return names of columns in groups that fit a width, the first column leading each."""
    first, *others = cell_columns
    sizes = {name: max(cells(text) for text in (name, *texts)) for name, texts in cell_columns.items()}
    bands, used = [[first]], sizes[first]
    for name in others:
        if len(bands[-1]) > 1 and used + len(GAP) + sizes[name] > width:
            bands.append([first])
            used = sizes[first]
        bands[-1].append(name)
        used += len(GAP) + sizes[name]
    return bands


def cell(name: str, value: object, language: str) -> str:
    """Return one value as text, numbers with the unit their name tells, text from the network made harmless."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return clean(str(value))
    unit = unit_of(name)
    return "–" if value < 0 and unit in _NEVER_NEGATIVE else figure(value, unit, language)
