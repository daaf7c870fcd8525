"""What goes into the tables comes out again exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bt_console.model.health import Sample, Verdict
from bt_console.model.incident import Impact, Step
from bt_console.store import codec
from tests.store.examples import district

INSTANTS = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.floats(allow_nan=False)
TEXTS = st.text(max_size=20)
SAMPLES = st.builds(
    Sample,
    seq=st.integers(0, 2**62),
    started_at=INSTANTS,
    verdict=st.sampled_from(Verdict),
    rtt_s=st.none() | NUMBERS,
    loss_ratio=st.none() | NUMBERS,
    failure=TEXTS,
    breached=st.lists(TEXTS, max_size=3).map(tuple),
    detail=TEXTS,
)
SCALARS = TEXTS | st.integers() | NUMBERS | st.booleans()


@given(INSTANTS)
def test_instants_are_kept_to_the_microsecond(at: datetime) -> None:
    assert codec.instant(codec.micros(at)) == at


def test_instants_of_other_zones_are_kept_as_utc() -> None:
    local = datetime(2026, 11, 24, 15, 0, tzinfo=timezone(timedelta(hours=7)))
    assert codec.instant(codec.micros(local)).isoformat() == "2026-11-24T08:00:00+00:00"


@given(st.lists(SAMPLES, max_size=4).map(tuple))
def test_samples_are_kept(samples: tuple[Sample, ...]) -> None:
    assert codec.parse_samples(codec.dump_samples(samples)) == samples


def test_a_good_sample_takes_few_characters() -> None:
    good = Sample(seq=1, started_at=codec.EPOCH, verdict=Verdict.GOOD, rtt_s=0.01, loss_ratio=0.0)
    assert codec.dump_samples([good]) == '[[1,0,"good",0.01,0.0]]'


@given(st.dictionaries(TEXTS, SCALARS | st.lists(SCALARS, max_size=3).map(tuple), max_size=4))
def test_facts_are_kept_with_their_types(facts: dict[str, str | int | float | bool]) -> None:
    kept = codec.parse_facts(codec.dump_mapping(facts))
    assert kept == facts
    assert [type(value) for value in kept.values()] == [type(value) for value in facts.values()]


IDS = st.lists(TEXTS, max_size=3).map(tuple)


@given(st.builds(Impact, targets=IDS, units=IDS, services=IDS, unseen_units=IDS))
def test_impacts_are_kept(impact: Impact) -> None:
    assert codec.parse_impact(codec.dump_impact(impact)) == impact


@given(st.lists(st.builds(Step, at=INSTANTS, message=TEXTS, observation_seq=st.none() | st.integers(1)), max_size=3))
def test_reasoning_is_kept(steps: list[Step]) -> None:
    assert codec.parse_steps(codec.dump_steps(steps)) == tuple(steps)


def test_an_inventory_is_kept_in_its_order_but_for_how_checks_ask() -> None:
    before = district()
    after = codec.parse_inventory(codec.dump_inventory(before))
    assert list(after.units.items()) == list(before.units.items())
    assert list(after.targets.items()) == list(before.targets.items())
    assert list(after.checks) == list(before.checks)
    assert (after.district, after.timezone, after.language) == ("Bạch Thông", "Asia/Ho_Chi_Minh", "vi")
    for check_id, check in after.checks.items():
        asked = before.checks[check_id]
        assert (check.target_id, check.probe, check.interval_s) == (asked.target_id, asked.probe, asked.interval_s)
