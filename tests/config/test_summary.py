from __future__ import annotations

from pathlib import Path

import yaml

from bt_console.config.load import load_config
from bt_console.config.summary import builtin_text, summarise
from bt_console.model.inventory import Role, UnitKind

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


def test_the_example_district_is_counted() -> None:
    summary = summarise(load_config(EXAMPLE))
    assert summary.district == "Huyện Bạch Thông"
    assert dict(summary.units) == {
        UnitKind.HUB: 1,
        UnitKind.TOWN: 1,
        UnitKind.COMMUNE: 16,
        UnitKind.DEPARTMENT: 13,
    }
    targets = dict(summary.targets)
    assert (targets[Role.INTERNET], targets[Role.TSLCD], targets[Role.DEVICE], targets[Role.SERVICE]) == (17, 17, 51, 5)
    assert sum(count for _, count in summary.probes) == len(summary.checks)
    assert abs(summary.checks_per_s - sum(1 / check.interval_s for check in summary.checks)) < 1e-9
    assert 10 < summary.checks_per_s < 30


def test_the_built_in_defaults_are_printable_and_cover_every_role() -> None:
    roles = yaml.safe_load(builtin_text())["roles"]
    kinds = {"web", "mail", "signature", "pc", "printer", "server", "switch"}
    assert set(roles) == {role.value for role in Role} - {"service"} | kinds
