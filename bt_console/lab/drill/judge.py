"""Compares what was seen with what a fault must lead to. It reads messages as people do, by their first words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bt_console.lab.drill.expected import Expectation
from bt_console.lab.drill.record import Record, Seen, Told

_PROMPT = timedelta(seconds=1)
"""A page that comes in this time after the healing was on its way before."""


class Sort(StrEnum):
    """What a message is for."""

    PAGE = "page"
    RECOVERY = "recovery"
    LATE = "late"
    UPDATE = "update"
    OTHER = "other"
    """Digests, tests, drills, words about the alerting itself."""


_BEGINNINGS = (
    (Sort.RECOVERY, r"(\w+#\d+ )?(đã xong|da xong|over)\b"),
    (Sort.LATE, r"(\w+#\d+ )?(báo muộn|bao muon|late)\b"),
    (Sort.PAGE, r"\[|\w+#\d+ (nghiem trong|canh bao|thong tin|critical|warning|info)\b"),
    (Sort.UPDATE, r"\w*#\d+ "),
)
"""Chat and mail have a title, SMS the district's initials and the number of the incident first."""


def sort_of(text: str) -> Sort:
    """Return what a message is for."""
    return next((sort for sort, words in _BEGINNINGS if re.match(words, text.lstrip().lower())), Sort.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One fault judged."""

    spec: str
    expected: str
    named: str
    """Kinds of what was opened, in order; empty: nothing."""
    missed_s: float | None
    detected_s: float | None
    paged_s: float | None
    incidents_count: int
    people_count: int
    """Who got a page."""
    pages_count: int
    extra_pages_count: int
    """Beyond one for each person; without anything to page about, all."""
    late_pages_count: int
    """Pages that came after the healing."""
    recoveries_count: int
    late_count: int
    """Notices after the fact."""
    other_count: int
    recovered_s: float | None
    """From the healing to the first word of it."""
    is_gradual: bool
    problems: tuple[str, ...]
    """Codes of what is wrong; none: all is right."""

    @property
    def is_right(self) -> bool:
        """Whether everything is as it must be."""
        return not self.problems


def judge(record: Record, expected: Expectation) -> Verdict:
    """Return the verdict on one fault."""
    sorted_letters = [(sort_of(letter.text), letter) for letter in record.letters]
    pages = [letter for sort, letter in sorted_letters if sort is Sort.PAGE]
    recoveries = [letter for sort, letter in sorted_letters if sort is Sort.RECOVERY]
    people = {page.contact for page in pages}
    over_at = [letter.at for letter in recoveries]
    first_page_at = min((page.at for page in pages), default=None)
    return Verdict(
        spec=record.spec,
        expected=expected.kind,
        named=", ".join(">".join(dict.fromkeys(n.kind for n in seen.names)) for seen in record.incidents),
        missed_s=_after(record, record.missed_at),
        detected_s=_after(record, min((seen.opened_at for seen in record.incidents), default=None)),
        paged_s=_after(record, first_page_at),
        incidents_count=len(record.incidents),
        people_count=len(people),
        pages_count=len(pages),
        extra_pages_count=len(pages) - (len(people) if expected.kind else 0),
        late_pages_count=sum(page.at > record.healed_at + _PROMPT for page in pages),
        recoveries_count=len(recoveries),
        late_count=sum(sort is Sort.LATE for sort, _ in sorted_letters),
        other_count=sum(sort in (Sort.OTHER, Sort.UPDATE) for sort, _ in sorted_letters),
        recovered_s=_since(record.healed_at, min((at for at in over_at if at >= record.healed_at), default=None)),
        is_gradual=expected.is_gradual,
        problems=tuple(dict.fromkeys(_problems(record, expected, pages, recoveries, sorted_letters))),
    )


def _problems(
    record: Record,
    expected: Expectation,
    pages: Sequence[Told],
    recoveries: Sequence[Told],
    letters: Sequence[tuple[Sort, Told]],
) -> Iterator[str]:
    if not record.is_whole:
        yield "not_whole"
    if not expected.kind:
        if record.incidents:
            yield "needless_incident"
        if letters:
            yield "needless_message"
        return
    yield from _of_cause(record, expected, pages)
    yield from _of_pages(record, expected, pages)
    yield from _of_end(pages, recoveries)
    if sum(sort is Sort.LATE for sort, _ in letters) != expected.late_count:
        yield "late_notice"


def _of_cause(record: Record, expected: Expectation, pages: Sequence[Told]) -> Iterator[str]:
    if not record.incidents:
        yield "not_detected"
        return
    if len(record.incidents) > 1:
        yield "more_incidents"
    first = record.incidents[0]
    at_page = first.name_at(min((page.at for page in pages), default=None))
    at_end = first.name_at(record.healed_at)
    if at_end.kind != expected.kind or at_page.kind not in (expected.kind, *expected.at_first):
        yield "wrong_cause"
    elif expected.unit and at_end.unit != expected.unit:
        yield "wrong_place"
    if expected.units_count is not None and _units_count(first) != expected.units_count:
        yield "wrong_impact"


def _units_count(seen: Seen) -> int:
    return max(name.units_count for name in seen.names)


def _of_pages(record: Record, expected: Expectation, pages: Sequence[Told]) -> Iterator[str]:
    if bool(pages) != expected.is_paged:
        yield "not_paged" if expected.is_paged else "needless_message"
    if any(page.at > record.healed_at + _PROMPT for page in pages):
        yield "page_after_healing"
    if any(count > 1 for count in Counter(page.contact for page in pages).values()):
        yield "extra_pages"
    if pages and expected.avoids and min(pages, key=lambda page: page.at).path == expected.avoids:
        yield "wrong_path"


def _of_end(pages: Sequence[Told], recoveries: Sequence[Told]) -> Iterator[str]:
    told = Counter(letter.contact for letter in recoveries)
    paged = {page.contact for page in pages}
    if paged - told.keys():
        yield "recovery_not_told"
    if told.keys() - paged or any(count > 1 for count in told.values()):
        yield "extra_recoveries"


def _after(record: Record, at: datetime | None) -> float | None:
    return _since(record.caused_at, at)


def _since(start: datetime, at: datetime | None) -> float | None:
    return (at - start).total_seconds() if at is not None else None
