"""What people want of the monitor: written into its inbox, then its answer awaited, since it alone changes state."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import UsageError
from bt_console.cli.documents import Document, instant
from bt_console.cli.person import who
from bt_console.cli.render import print_json, print_lines
from bt_console.evaluate.oncall import orders
from bt_console.model.snapshot import EngineState
from bt_console.words import say, tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

ANSWER_WAIT_S = 10.0
_POLL_S = 0.1
DONE = frozenset(
    f"oncall.answer.{name}"
    for name in (
        *("acknowledged", "unacknowledged", "claimed", "escalated", "noted", "tested"),
        *("muted", "mute_ended", "override_added", "override_ended"),
    )
)
"""Answers to what was done; any other is a refusal."""


def ask(args: Namespace, console: Console, snapshot: Snapshot, order: orders.Order, language: str) -> str:
    """Return what the monitor answered to an order it carried out, as a message. Raises UsageError for a refusal.

    Without a monitor the wish waits in the inbox, and that is no success.
    """
    command_id = console.submit(*orders.write_order(order), who(), args.now())
    is_monitored = snapshot.engine.state is not EngineState.STOPPED
    answer = _await_answer(console, command_id) if is_monitored else None
    if answer is None:
        raise UsageError(tell(language, "cli.order.waiting"))
    if answer.partition("|")[0] not in DONE:
        raise UsageError(say(language, answer))
    return answer


def _await_answer(console: Console, command_id: int) -> str | None:
    end = time.monotonic() + ANSWER_WAIT_S
    while time.monotonic() < end:
        if (answer := console.command_result(command_id)) is not None:
            return answer
        time.sleep(_POLL_S)
    return None


def report(args: Namespace, answer: str, language: str) -> None:
    """Print what the monitor answered."""
    if args.json:
        print_json(_document(args, answer))
    else:
        print_lines([say(language, answer)])


def _document(args: Namespace, answer: str) -> Document:
    values = dict(field.partition("=")[::2] for field in answer.split("|")[1:])
    number = values.get("id", "")
    return {
        "schema": "bt-console/answer/1",
        "at": instant(args.now()),
        "text": say("en", answer),
        "text_vi": say("vi", answer),
        "id": int(number) if number.isdecimal() else None,
    }
