"""Every scenario file, with phases and losses drawn from a seed of its own; BT_CONSOLE_SEEDS=30 runs more of them."""

from __future__ import annotations

import os
from pathlib import Path
from zlib import crc32

import pytest

from bt_console.evaluate.culprits import culprits_of
from tests.evaluate.district import district
from tests.evaluate.scenario import SCENARIOS, Scenario
from tests.evaluate.simulation import Simulation, seconds
from tests.evaluate.world import Condition

SEEDS = int(os.environ.get("BT_CONSOLE_SEEDS", "1"))
FILES = sorted(SCENARIOS.glob("*.yaml"))
PLACES = ("tslcd-core", "cao-son/tslcd", "hub/uplink-internet", "cao-son/device/may-in")


def test_there_are_many_scenarios() -> None:
    assert len(FILES) >= 95


@pytest.mark.parametrize("number", range(SEEDS))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_ends_as_its_file_says(path: Path, number: int) -> None:
    seed = crc32(path.stem.encode()) % 1000 + number

    assert Scenario.load(path).problems(seed) == []


@pytest.mark.parametrize("line", ["20s..60s", "20s..60s cut", "now cut dns"])
def test_a_line_that_is_no_condition_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a condition"):
        Condition.parse(line)


def test_an_unknown_key_in_a_scenario_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("title: x\nfor: 1s\nincident: []\n", encoding="utf-8")

    with pytest.raises(ValueError, match="incident"):
        Scenario.load(path)


def test_a_scenario_notices_an_incident_that_was_not_expected(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("title: x\nfor: 40s\nworld: [20s.. cut dns]\n", encoding="utf-8")

    assert any("unexpected" in problem for problem in Scenario.load(path).problems(seed=1))


@pytest.mark.parametrize("where", PLACES if SEEDS > 1 else PLACES[:2])
@pytest.mark.parametrize("rhythm", ["2s/4s", "4s/8s", "15s/15s", "20s/50s"])
def test_whatever_comes_and_goes_in_whatever_rhythm_is_at_most_one_incident(where: str, rhythm: str) -> None:
    simulation = Simulation(district(6), [Condition.parse(f"20s.. flap {where} {rhythm}")], seed=len(where))

    simulation.run(260)

    lives = list(simulation.engine.lives.values())
    assert len(lives) <= 1
    assert all(target == where for life in lives for _, target in life.kinds)


FAULTS = {
    "tslcd line": "cut cao-son/tslcd",
    "internet line": "cut cao-son/internet",
    "unit dark": "cut cao-son/*",
    "core down": "cut tslcd-core",
    "core mute": "mute tslcd-core",
    "hub ISP gateway": "cut hub/uplink-internet",
    "hub ISP beyond gateway": "mute hub/uplink-internet",
    "both uplinks": "cut hub/uplink-*",
    "hub LAN": "cut hub",
    "LAN gateway": "cut cao-son/lan",
    "service refused": "refused qlvb",
    "service 500": "status qlvb",
    "service hung": "cut qlvb",
    "service slow": "slow qlvb 4s",
    "certificate expired": "expired motcua",
    "dns down": "cut dns",
    "dns wrong answer": "wrong dns:*",
    "mail port 25": "refused mail:tcp_connect:smtp",
    "delay 300 ms": "delay cao-son/tslcd 300ms",
    "loss 20 %": "loss cao-son/tslcd 20%",
}
PROMPT = ("tslcd line", "internet line", "unit dark", "core down", "hub ISP gateway", "both uplinks", "service refused")


def detection_times_s(fault: str, seeds: range, units: int = 6) -> list[float]:
    """Return how long after the fault its incident opened, one number per seed, in order of size."""
    times: list[float] = []
    for seed in seeds:
        fault_at_s = 20.0 + seed % 50 / 10
        simulation = Simulation(district(units), [Condition.parse(f"{fault_at_s}s.. {FAULTS[fault]}")], seed)
        while not simulation.engine.lives and simulation.now_s < fault_at_s + 300:
            simulation.run(simulation.now_s + 1)
        times += [seconds(life.first.opened_at) - fault_at_s for life in list(simulation.engine.lives.values())[:1]]
    return sorted(times)


@pytest.mark.parametrize("fault", PROMPT)
def test_a_fault_is_an_incident_within_seven_virtual_seconds(fault: str) -> None:
    times = detection_times_s(fault, range(5))

    assert len(times) == 5
    assert times[-1] < 7.5


def test_the_culprits_of_a_dark_unit_are_its_links() -> None:
    simulation = Simulation(district(3), [Condition.parse("10s.. cut cao-son/*")], seed=1)

    simulation.run(25)

    (incident,) = simulation.engine.open
    links = culprits_of(incident, simulation.engine.topology)
    assert set(links) == {"cao-son/tslcd", "cao-son/internet"}
