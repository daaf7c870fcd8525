"""Routes as text and JSON: the one in force first."""

from __future__ import annotations

import json

import pytest

from bt_console.model.change import Change
from tests.cli.example import TRACE, Filled, Run, route


@pytest.mark.parametrize("asked", [[], ["cao-son"], ["Xã Cao Sơn"], ["cao-son/tslcd"], [TRACE]])
def test_routes_of_all_of_a_unit_or_of_a_check(filled: Filled, run: Run, asked: list[str]) -> None:
    code, out, err = run("routes", *asked, "--store", filled.path, "--language", "en")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{TRACE}: 2 routes"
    assert lines[2].split()[0] == "1"
    assert lines[2].endswith("in force")
    assert lines[4:6] == ["  1: 10.255.0.1 > 10.255.255.1 > 10.255.2.2", "  2: 10.255.0.1 > * > 10.255.2.2"]


def test_the_document_tells_which_is_in_force_and_which_hop_keeps_silent(filled: Filled, run: Run) -> None:
    document = json.loads(run("routes", TRACE, "--json", "--store", filled.path)[1])
    first, second = document["checks"][0]["routes"]
    assert [first["is_in_force"], second["is_in_force"]] == [True, False]
    assert second["hops"] == ["10.255.0.1", None, "10.255.2.2"]
    assert (first["seen_count"], first["hash"], second["in_force_since"]) == (36, "1f", None)


def test_no_route_is_said(filled: Filled, run: Run) -> None:
    filled.writer.commit(Change(routes_gone=(route("1f"), route("2e"))))
    assert run("routes", "--store", filled.path, "--language", "en")[1] == "No routes yet.\n"
    assert run("routes", "ha-vi", "--store", filled.path, "--language", "en")[1] == "No routes yet.\n"


def test_what_has_no_routes_is_refused_with_what_is_near(filled: Filled, run: Run) -> None:
    code, out, err = run("routes", "cao-sn", "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert "no check with routes; nearest: cao-son" in err
