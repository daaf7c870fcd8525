"""What answers to a trace mean, without a network."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.path_route import Path, Sent, route_facts, route_hash, route_measures
from probes.api import FailureKind


def path(*packets: tuple[int, str], target: str = "T", max_hops: int = 12) -> Path:
    made = Path(max_hops)
    made.sent += [Sent(ttl=ttl, address=who, rtt_s=0.001 * ttl, is_target=who == target) for ttl, who in packets]
    return made


def test_the_target_is_as_far_as_its_nearest_answer() -> None:
    found = path((1, "A"), (2, "T"), (3, "T"), (4, "T"))
    assert found.end() == 2
    assert [hop.address for hop in found.hops()] == ["A", "T"]
    assert route_measures(found) == {"hop_count": 2, "sent_count": 4, "rtt_s": 0.002, "loss_ratio": 0}


def test_the_most_frequent_router_of_a_hop_stands_for_it_and_the_others_are_kept() -> None:
    facts = route_facts(path((1, "A"), (2, "T"), (1, "B"), (1, "B"), (2, "")))
    assert (facts["hop_address"], facts["hop_others"]) == (("B", "T"), ("A", ""))
    assert facts["hop_loss_ratio"] == (0, 0.5)


def test_a_router_that_answers_for_two_hops_in_a_row_is_no_circle() -> None:
    found = path((1, "A"), (2, "A"), (3, "B"))
    assert (found.has_loop, found.end()) == (False, 12)


def test_a_circle_around_a_silent_router_ends_where_it_closes() -> None:
    found = path((1, "A"), (2, "B"), (3, ""), (4, "A"), (5, "B"))
    assert (found.has_loop, found.end()) == (True, 4)


def test_the_nearest_refusal_counts_and_a_reached_target_outdoes_it() -> None:
    found = path((1, "A"))
    found.sent += [Sent(ttl=ttl, address=who, failure=FailureKind.UNREACHABLE) for ttl, who in ((4, "C"), (2, "B"))]
    refusal = found.refusal()
    assert refusal is not None
    assert (refusal.address, found.end()) == ("B", 2)
    found.sent.append(Sent(ttl=3, address="T", is_target=True))
    assert found.refusal() is None


def test_nothing_at_all_is_a_path_of_no_hops() -> None:
    assert route_facts(path((1, ""), (2, "")))["route"] == ""
    assert route_measures(path((1, "")))["hop_count"] == 0


def test_the_name_of_a_route_never_changes() -> None:
    assert route_hash("10.9.1.2 * 10.9.4.2") == "fa82a48440a2"


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["", "A", "B", "C", "T"])), max_size=60))
def test_whatever_answers_the_columns_agree_with_the_measures(packets: list[tuple[int, str]]) -> None:
    found = path(*packets)
    facts, measures = route_facts(found), route_measures(found)
    columns = [facts[name] for name in ("hop", "hop_address", "hop_others", "hop_loss_ratio", "hop_rtt_ms")]
    assert len({len(column) for column in columns if isinstance(column, tuple)}) == 1
    assert measures["sent_count"] == len(packets)
    assert 0 <= measures["loss_ratio"] <= 1
    assert ("rtt_s" in measures) == facts["reached"]
    assert not (facts["reached"] and facts["has_loop"])
