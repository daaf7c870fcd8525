"""Specifications of faults: what they do, and what is said about those that make no sense."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.lab.clocks import router_clocks
from bt_console.lab.errors import LabError
from bt_console.lab.exposures import exposures
from bt_console.lab.faults import discover, effects_of
from bt_console.lab.faults.api import FaultKind
from bt_console.lab.world import lan_states, line_states, service_states
from bt_console.words import say
from tests.lab.example import plan

NAMES = plan().names()
SERVED = [service.id for service in (*plan().services, *exposures(plan()), *router_clocks(plan()))]
EVERY_SPEC = [":".join((kind.name, *(values[-1] for values in kind.values(NAMES)))) for kind in discover().values()]


def test_the_faults_of_the_district_are_all_there() -> None:
    assert set(discover()) == {
        "link-down",
        "loss",
        "delay",
        "unit-dark",
        "tslcd-core-down",
        "hub-isp-down",
        "service-down",
        "service-500",
        "service-slow",
        "service-wrong-content",
        "cert-expired",
        "dns-down",
        "dns-wrong-answer",
        "mail-down",
        "telnet-open",
        "smb-open",
        "hostile-banner",
        "cert-revoked",
        "clock-skew",
        "port-flap",
        "switch-down",
        "link-saturated",
        "new-device",
        "arp-spoof",
        "rogue-dhcp",
        "bridge-inet-tslcd",
        "snmp-public",
        "noise",
    }


@pytest.mark.parametrize("kind", discover().values(), ids=lambda kind: kind.name)
def test_every_fault_says_what_it_does_in_two_languages(kind: FaultKind) -> None:
    vietnamese, english = kind.description
    assert vietnamese
    assert english
    assert vietnamese != english


@pytest.mark.parametrize("spec", EVERY_SPEC)
def test_every_offered_value_is_accepted_and_changes_the_state(spec: str) -> None:
    effects = effects_of(spec, NAMES)
    calm = (line_states(NAMES.lines, ()), service_states(SERVED, ()), lan_states(NAMES.lans, ()))
    changed = (line_states(NAMES.lines, effects), service_states(SERVED, effects), lan_states(NAMES.lans, effects))
    assert changed != calm


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("link-dwn:tslcd:cao-son", "no fault 'link-dwn' (did you mean link-down?)"),
        ("link-down:tslcd:cao-so", "no unit 'cao-so' in the lab (did you mean cao-son?)"),
        ("link-down:tscld:cao-son", "no path 'tscld' in the lab (did you mean tslcd?)"),
        ("link-down:cao-son", "fault 'link-down' is written link-down:PATH:UNIT"),
        ("tslcd-core-down:x", "fault 'tslcd-core-down' is written tslcd-core-down"),
        ("service-down:qlbv", "no service 'qlbv' in the lab (did you mean qlvb?)"),
        ("cert-expired:dns", "no service 'dns' in the lab (known: dichvucong, kyso, mail, motcua, qlvb)"),
        ("loss:tslcd:cao-son:20", "'20' is not a ratio; write it as 20%"),
        ("loss:tslcd:cao-son:0%", "'0%' is not a ratio; write it as 20%"),
        ("loss:tslcd:cao-son:101%", "'101%' is not a ratio; write it as 20%"),
        ("delay:tslcd:cao-son:300", "'300' is not a time up to 60s; write it as 300ms or 4s"),
        ("service-slow:qlvb:61s", "'61s' is not a time up to 60s; write it as 300ms or 4s"),
        ("port-flap", "fault 'port-flap' is written port-flap:UNIT[:DEVICE]"),
        ("port-flap:cao-son:may-i", "no device 'may-i' in the lab (did you mean may-in?)"),
        ("new-device:buildin", "no lan 'buildin' in the lab (did you mean building?)"),
        ("switch-down:building", "no unit 'building' in the lab"),
        ("unit-dark:y-te", "no unit 'y-te' in the lab"),
        ("", "no fault ''"),
    ],
)
def test_a_wrong_specification_says_what_is_right(spec: str, words: str) -> None:
    with pytest.raises(LabError) as caught:
        effects_of(spec, NAMES)
    assert words in str(caught.value)
    assert say("vi", caught.value.message) != str(caught.value)


@settings(deadline=None)
@given(st.lists(st.sampled_from(EVERY_SPEC), unique=True, max_size=6), st.randoms(use_true_random=False))
def test_faults_that_come_and_go_in_any_order_leave_the_state_of_those_in_force(
    specs: list[str], random: Random
) -> None:
    shuffled = list(specs)
    random.shuffle(shuffled)
    one = [effect for spec in specs for effect in effects_of(spec, NAMES)]
    two = [effect for spec in shuffled for effect in effects_of(spec, NAMES)]
    services = (*NAMES.services, "dns")
    assert service_states(services, one) == service_states(services, two)
    assert lan_states(NAMES.lans, one) == lan_states(NAMES.lans, two)
    lines, other = line_states(NAMES.lines, one), line_states(NAMES.lines, two)
    for name in NAMES.lines:
        assert lines[name].is_cut == other[name].is_cut
        assert lines[name].loss_ratio == pytest.approx(other[name].loss_ratio)
        assert lines[name].delay_s == pytest.approx(other[name].delay_s)


def test_two_losses_on_one_line_act_one_after_the_other() -> None:
    effects = [*effects_of("loss:tslcd:cao-son:20%", NAMES), *effects_of("loss:tslcd:cao-son:50%", NAMES)]
    assert line_states(["tslcd:cao-son"], effects)["tslcd:cao-son"].loss_ratio == pytest.approx(0.6)


def test_a_unit_without_power_loses_both_its_lines_and_nobody_elses() -> None:
    states = line_states(NAMES.lines, effects_of("unit-dark:cao-son", NAMES))
    assert {name for name, state in states.items() if state.is_cut} == {"tslcd:cao-son", "internet:cao-son"}
