"""Why something is as it is, from the command line."""

from __future__ import annotations

import json

import pytest

from bt_console.cli.render import cells
from tests.cli.desk import CODE, Desk
from tests.cli.example import BROKEN, HIDDEN, Filled, Run


@pytest.mark.parametrize("asked", ["1", "#1", BROKEN, "cao-son/lan", "cao-son", "Xã Cao Sơn"])
def test_an_incident_is_explained_by_its_number_and_by_all_it_explains(told: Desk, run: Run, asked: str) -> None:
    code, out, err = run("why", asked, "--store", told.filled.path, "--language", "en")
    assert (code, err) == (0, "")
    assert "#1 TSLCD access line of Xã Cao Sơn is down" in out
    assert "Told: Nguyễn Văn An" in " ".join(out.split())
    assert "accepted by the provider" in " ".join(out.split())
    assert CODE not in out
    assert max(map(cells, out.splitlines())) <= 80


def test_what_works_has_nothing_to_tell(filled: Filled, run: Run) -> None:
    out = run("why", "tu-tri", "--store", filled.path, "--language", "en")[1]
    assert out.splitlines()[1] == "  All readings are good; there is nothing to tell"


def test_what_nothing_explains_is_not_called_good(filled: Filled, run: Run) -> None:
    device = next(target for target in HIDDEN if "device" in target)
    out = run("why", device.replace("may-in", "switch"), "--store", filled.path, "--language", "en")[1]
    assert "All readings are good" in out or "No incident explains it" in out


def test_the_document_names_who_was_told(told: Desk, run: Run) -> None:
    document = json.loads(run("why", "1", "--json", "--store", told.filled.path)[1])
    (incident,) = document["causes"]
    assert (document["kind"], document["id"], document["state"]) == ("incident", "1", "open")
    assert (incident["call"], incident["told"]) == ("acked", ["an"])


@pytest.mark.parametrize(
    ("asked", "said"), [("99", "no incident '99'"), ("cao-sn", "nearest: cao-son"), ("cao-son/tsl", "cao-son/tslcd")]
)
def test_what_does_not_exist_is_refused(filled: Filled, run: Run, asked: str, said: str) -> None:
    code, out, err = run("why", asked, "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
