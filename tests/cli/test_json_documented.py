"""docs/json.md and what the commands print say the same, key by key, in both directions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bt_console.channels.api import Letter
from bt_console.channels.webhook import own_document
from bt_console.config.load import load_config
from bt_console.evaluate.oncall.document import notice
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity
from bt_console.model.inventory import TargetId, UnitId
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import Delivery, DeliveryState
from tests.cli.desk import Desk
from tests.cli.example import EXAMPLE, ROOT, Run

_HEADING = re.compile(r"^## ", re.MULTILINE)
_SCHEMA = re.compile(r"`(bt-console/[a-z-]+/[0-9]+)`")
_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "map": (dict,),
    "null": (type(None),),
    "array": (list,),
    "any": (object,),
}
_AS_IN_STATUS = ("incidents[]", "incident", "engine")
"""Objects described once, under `status`."""

RULE = ROOT / "policies" / "rules" / "BT-SVC-01.yaml"
FACTS = Path(__file__).with_name("facts.yaml")

COMMANDS: dict[str, list[object]] = {
    "bt-console/status/1": ["status"],
    "bt-console/status-unit/1": ["status", "cao-son"],
    "bt-console/incidents/1": ["incidents"],
    "bt-console/incident/1": ["incidents", "show", "1"],
    "bt-console/preview/1": ["silence", "add", "--unit", "cao-son", "--for", "2h", "--reason", "sửa điện", "--preview"],
    "bt-console/mutes/1": ["silence"],
    "bt-console/oncall/1": ["oncall"],
    "bt-console/alerts/1": ["alerts"],
    "bt-console/why/1": ["why", "1"],
    "bt-console/proof/1": ["proof", "1"],
    "bt-console/route-test/1": ["route", "test"],
    "bt-console/event/1": ["events", "--last", "1"],
    "bt-console/history/1": ["history", "cao-son/tslcd"],
    "bt-console/devices/1": ["devices"],
    "bt-console/routes/1": ["routes"],
    "bt-console/probe/1": ["probe", "host_health", "localhost"],
    "bt-console/probe-kinds/1": ["probe"],
    "bt-console/policies/1": ["policies"],
    "bt-console/policies-test/1": ["policies", "test", RULE],
    "bt-console/policies-explain/1": ["policies", "explain", "BT-SVC-04", "--facts", FACTS],
    "bt-console/check-config/1": ["check-config", EXAMPLE],
    "bt-console/doctor/1": ["doctor", "-c", EXAMPLE],
}
_NOTHING = object()
DOCUMENT = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")


def documented() -> dict[str, dict[str, str]]:
    """Return key -> type of every schema."""
    found: dict[str, dict[str, str]] = {}
    for section in _HEADING.split(DOCUMENT)[1:]:
        rows = {key: kind.strip() for key, kind in _ROW.findall(section)}
        if rows:
            schema = _SCHEMA.search(section)
            assert schema, section[:60]
            found[schema[1]] = rows
    return found


def described(schema: str) -> dict[str, str]:
    """Return key -> type of one schema, with what it takes over from `status` filled in."""
    rows = dict(documented()[schema])
    status = documented()["bt-console/status/1"]
    for key in [key for key in rows if key in _AS_IN_STATUS and rows[key] == "object"]:
        source = "incidents[]" if key == "incident" else key
        rows |= {
            key + name.removeprefix(source): kind for name, kind in status.items() if name.startswith(f"{source}.")
        }
    return rows


def emitted(value: Any, maps: frozenset[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key, value) of everything in a document; maps are not entered, an empty list has one _NOTHING."""
    if path in maps:
        return
    if isinstance(value, list):
        yield from ((f"{path}[]", one) for one in value or [_NOTHING])
        for one in value:
            yield from emitted(one, maps, f"{path}[]")
    elif isinstance(value, dict):
        for name, one in value.items():
            key = f"{path}.{name}" if path else name
            if not isinstance(one, list):
                yield key, one
            yield from emitted(one, maps, key)


def check_both_ways(document: Any, schema: str) -> None:
    """Hold one document against its description: every key, its type, and nothing described but not printed."""
    rows = described(schema)
    maps = frozenset(key for key, kind in rows.items() if kind in ("map", "any"))
    found = [(key, value) for key, value in emitted(document, maps) if value is not _NOTHING]
    assert document["schema"] == schema
    for key, value in found:
        assert key in rows, f"{key} is not in docs/json.md"
        allowed: tuple[type, ...] = tuple(kind for name in rows[key].split(" or ") for kind in _TYPES[name])
        assert isinstance(value, allowed), f"{key}: {value!r} is no {rows[key]}"
        assert not (isinstance(value, bool) and bool not in allowed and object not in allowed), key
    missing = set(rows) - {key for key, _ in emitted(document, maps)}
    assert {key for key in missing if not key.startswith("problems[].")} == set()


@pytest.mark.parametrize("schema", COMMANDS)
def test_a_document_has_the_keys_and_types_described_and_no_others(schema: str, run: Run, told: Desk) -> None:
    argv = [*COMMANDS[schema], "--json", "--store", told.filled.path]
    check_both_ways(json.loads(run(*argv)[1]), schema)


def test_the_answer_to_an_order_is_as_described(desk: Desk, run: Run) -> None:
    with desk.answering():
        said = run(
            "silence",
            "add",
            "--unit",
            "tu-tri",
            "--for",
            "1h",
            "--reason",
            "sửa điện",
            "--json",
            "--store",
            desk.filled.path,
        )
    check_both_ways(json.loads(said[1]), "bt-console/answer/1")


def test_the_document_of_the_lab_is_as_described(run: Run, tmp_path: Any) -> None:
    place = ["--run-dir", tmp_path / "lab"]
    assert run("lab", "up", "--loopback", *place)[0] == 0
    try:
        check_both_ways(json.loads(run("lab", "status", "--json", *place)[1]), "bt-console/lab/1")
    finally:
        run("lab", "down", *place)


def test_the_problems_of_a_configuration_are_as_documented(run: Run, tmp_path: Any) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("units: 3\n", encoding="utf-8")
    document = json.loads(run("check-config", bad, "--json")[1])
    keys = {key for key, _ in emitted(document, frozenset())}
    assert keys == {key for key in described("bt-console/check-config/1") if key.startswith("problems[]")} | {
        *("schema", "is_valid", "path"),
    }


@pytest.mark.parametrize("is_about_an_incident", [True, False])
def test_what_a_webhook_posts_is_as_described(is_about_an_incident: bool) -> None:
    at = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)
    kind, texts = NoticeKind.PAGE, {"title": "a", "body": "b", "short": "c"}
    place = {"incident_id": None, "contact": "an", "channel": "desk", "state": DeliveryState.QUEUED}
    delivery = Delivery(id=7, kind=kind, created_at=at, next_at=at, **texts, **place)  # type: ignore[arg-type]
    target = TargetId("cao-son/tslcd")
    cause = Cause(kind=CauseKind.TSLCD_DOWN, target_id=target, unit_id=UnitId("cao-son"), message="")
    impact = Impact(units=(UnitId("cao-son"),), services=(target,))
    incident = Incident(id=1, cause=cause, impact=impact, severity=Severity.CRITICAL, opened_at=at)
    inventory = load_config(EXAMPLE).inventory
    document = notice(delivery, incident if is_about_an_incident else None, inventory)
    letter = Letter(id="7", kind=kind, at=at, document=document, severity=Severity.CRITICAL, **texts)
    posted = json.loads(json.dumps(own_document(letter, "operations")))
    if is_about_an_incident:
        check_both_ways(posted, "bt-console/notice/1")
    assert posted.keys() == {key for key in described("bt-console/notice/1") if not key.startswith("incident.")}


def test_every_schema_of_the_program_is_documented_and_tried() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "bt_console").rglob("*.py"))
    used = {schema for source in sources for schema in re.findall(r"bt-console/[a-z-]+/[0-9]+", source)}
    assert used == set(documented())
    tried_elsewhere = {"lab/1", "lab-letters/1", "drill/1", "notice/1", "answer/1"}
    assert set(COMMANDS) == used - {f"bt-console/{name}" for name in tried_elsewhere}


def test_every_kind_of_cause_is_listed() -> None:
    listed = DOCUMENT.split("## Kinds of causes")[1]
    assert set(re.findall(r"`([a-z_]+)`", listed)) == {kind.value for kind in CauseKind}
