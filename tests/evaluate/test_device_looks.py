"""A reading that lists MACs is a look at a LAN; what it lists of other places places nobody there."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bt_console.evaluate.device_looks import Look, Sighting, look_of
from bt_console.model.inventory import CheckId, Role, Target, TargetId
from bt_console.model.observation import Observation
from probes.api import Fact, FailureKind, Outcome, Reading
from tests.evaluate.lans import HERE, START, mac

SWITCH = Target(
    id=TargetId("cao-son/device/switch-1"), unit_id=HERE, role=Role.DEVICE, name="Switch", address="10.21.2.2"
)
LAN = "10.21.2.0/24"


def reading(**facts: Fact) -> Reading:
    return Reading(outcome=Outcome.OK, facts=facts)


def look(of: Reading, lan: str = LAN) -> Look | None:
    observation = Observation(
        seq=1,
        check_id=CheckId("x"),
        vantage_id="hub",
        due_at=START,
        started_at=START,
        duration_s=1.0,
        reading=of,
    )
    return look_of(observation, SWITCH, lan)


def test_an_arp_sweep_places_addresses() -> None:
    found = look(reading(mac=(mac(1).upper(), mac(2)), ip=("10.21.2.11", "10.21.2.12"), rtt_ms=(0.1, 0.2)))
    assert found == Look(
        unit_id=HERE,
        at=START,
        sightings={mac(1): Sighting(address="10.21.2.11"), mac(2): Sighting(address="10.21.2.12")},
    )


def test_a_switch_places_ports_its_first_row_of_a_mac_first_and_uplinks_never() -> None:
    found = look(
        reading(
            mac=(mac(1), mac(1), mac(2), mac(3)),
            ip=("", "10.21.2.11", "10.21.2.12", ""),
            port=("ge-0/3", "ge-0/4", "ge-0/24", 7),
            is_uplink=(False, False, True, False),
            source=("fdb", "fdb+arp", "fdb+arp", "fdb"),
        )
    )
    assert found
    assert dict(found.sightings) == {
        mac(1): Sighting(address="10.21.2.11", port="switch-1 ge-0/3"),
        mac(3): Sighting(port="switch-1 7"),
    }


def test_a_router_places_only_those_of_the_lan_and_its_own_ports_are_nobodys() -> None:
    listed = reading(
        mac=(mac(1), mac(2), mac(3)),
        ip=("10.21.2.11", "10.255.2.1", "fe80::1"),
        port=("eth1", "eth0", "eth0"),
        source=("arp", "arp", "arp"),
    )
    found, anywhere = look(listed), look(listed, "")
    assert found
    assert dict(found.sightings) == {mac(1): Sighting(address="10.21.2.11")}
    assert anywhere
    # A switch takes the router's port for an uplink; its addresses on the LAN are known by the router all the same.
    behind = look(Reading(outcome=Outcome.OK, facts={**listed.facts, "is_uplink": (True, True, True)}))
    assert behind
    assert dict(behind.sightings) == dict(found.sightings)
    assert len(anywhere.sightings) == 3


def test_groups_and_what_is_no_mac_are_left_out() -> None:
    assert look(reading(mac=("01:00:5e:00:00:fb", "ff:ff:ff:ff:ff:ff", "?"), ip=("1", "2", "3"))) is None


def test_a_probe_that_could_not_list_all_says_so() -> None:
    whole = reading(mac=(mac(1),), ip=("10.21.2.11",))
    counts = ({"cut_count": 3.0}, {"drop_count": 1.0}, {"cut_count": 0.0})
    looks = [look(replace(whole, measures=measures)) for measures in counts]
    assert [found and found.is_complete for found in looks] == [False, False, True]


def test_what_lists_no_devices_is_no_look() -> None:
    failed = Reading(outcome=Outcome.FAIL, failure=FailureKind.REFUSED, facts={"mac": (mac(1),), "ip": ("1",)})
    others = [reading(), reading(mac=(), ip=()), reading(mac=mac(1), ip="1"), reading(mac=(mac(1),)), failed]
    assert [look(one) for one in others] == [None] * 5


cells = st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.sampled_from([mac(1), mac(2), "arp"]))
columns = st.one_of(cells, st.lists(cells, max_size=5).map(tuple))


@given(st.dictionaries(st.sampled_from(["mac", "ip", "port", "is_uplink", "source"]), columns))
def test_facts_of_any_shape_are_a_look_or_none(facts: dict[str, Fact]) -> None:
    found = look(Reading(outcome=Outcome.OK, facts=facts))
    for seen in found.sightings.values() if found else ():
        assert len(seen.address) <= 60
        assert len(seen.port) <= 60
