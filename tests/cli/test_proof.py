"""The proof of an incident: everything in order, every attempt, and no word that promises more than is known."""

from __future__ import annotations

import json

from bt_console.channels.api import Sent
from bt_console.cli.render import cells
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import SendOutcome
from tests.cli.desk import CODE, PAGED, Desk
from tests.cli.example import Filled, Run


def test_the_timeline_runs_from_the_last_good_reading_to_the_acknowledgement(told: Desk, run: Run) -> None:
    document = json.loads(run("proof", "1", "--json", "--store", told.filled.path)[1])
    lines = document["timeline"]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    order = [line["what"] for line in lines]
    assert order[0] == "last_good"
    assert order.index("reasoning") < order.index("message") < order.index("attempt") < order.index("answer")
    assert order.index("answer") < order.index("reply")
    assert "note" in order


def test_every_attempt_has_the_answer_and_the_name_its_provider_gave(told: Desk, run: Run) -> None:
    document = json.loads(run("proof", "1", "--json", "--store", told.filled.path)[1])
    page = next(row for row in document["deliveries"] if row["channel"] == "zalo")
    (attempt,) = page["attempts"]
    assert page["state"] == attempt["outcome"] == "accepted"
    assert (attempt["n"], attempt["code"], attempt["detail"]) == (1, "200", "ok")
    assert attempt["provider_id"] == page["provider_id"] == f"m-{page['id']}"


def test_who_acknowledged_and_from_where_is_told(told: Desk, run: Run) -> None:
    proof = json.loads(run("proof", "1", "--json", "--store", told.filled.path)[1])["acknowledgement"]
    assert (proof["by"], proof["name"], proof["channel"]) == ("an", "Nguyễn Văn An", "zalo")
    assert proof["sender"] == told.oncall.contacts["an"].addresses["zalo"]
    assert proof["at"] == "2026-11-24T13:43:32.000Z"


def test_an_acknowledgement_at_a_keyboard_names_no_channel(desk: Desk, run: Run) -> None:
    with desk.answering():
        run("incidents", "ack", "1", "--store", desk.filled.path)
    proof = json.loads(run("proof", "1", "--json", "--store", desk.filled.path)[1])["acknowledgement"]
    assert proof["by"]
    assert (proof["channel"], proof["sender"]) == (None, None)


def test_the_text_says_accepted_and_not_delivered_without_a_receipt(told: Desk, run: Run) -> None:
    code, out, err = run("proof", "#1", "--store", told.filled.path, "--language", "en")
    assert (code, err) == (0, "")
    assert max(map(cells, out.splitlines())) <= 80
    messages = " ".join(out.partition("MESSAGES")[2].partition("accepted: the provider")[0].split())
    assert "over zalo: accepted; id m-1" in messages
    assert "over console: accepted: shown to whoever is there" in messages
    assert "delivered" not in messages
    assert CODE not in out


def test_a_receipt_makes_it_delivered(desk: Desk, run: Run) -> None:
    desk.receipt(NoticeKind.PAGE, "zalo", Sent(outcome=SendOutcome.ACCEPTED), PAGED)
    out = run("proof", "1", "--store", desk.filled.path, "--language", "en")[1]
    assert "over zalo: delivered; id m-1" in " ".join(out.split())


def test_an_incident_nobody_was_told_of_has_a_proof_of_that(filled: Filled, run: Run) -> None:
    document = json.loads(run("proof", "1", "--json", "--store", filled.path)[1])
    assert (document["call"], document["acknowledgement"], document["deliveries"]) == (None, None, [])


def test_an_unknown_incident_is_refused(filled: Filled, run: Run) -> None:
    code, out, err = run("proof", "7", "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert "no incident '7'" in err
