"""Programs the store's tests run beside themselves: python -m tests.store.children NAME PATH."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

from bt_console.facade import Console
from bt_console.model.change import Change, Paper
from bt_console.model.paging import SendOutcome
from bt_console.store.errors import StoreError
from bt_console.store.writer import Writer
from tests.store.examples import at, belief, district, engine, event, health, observation
from tests.store.oncall_examples import attempt, call, delivery

PER_COMMIT = 5
CHECK = "xa-1/tslcd:icmp_echo"


def say(text: object) -> None:
    """Write one line to the parent at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def batch(number: int) -> Change:
    """Return the change with a number, whose every row names that number."""
    seqs = range(number * PER_COMMIT, (number + 1) * PER_COMMIT)
    return Change(
        observations=tuple(observation(seq, CHECK, facts={"n": seq}) for seq in seqs),
        healths=(health(CHECK, number),),
        targets=(belief("xa-1/tslcd", since=number), belief("xa-1/lan", since=number), belief("dns", since=number)),
        events=(event(number),),
        engine=engine(number),
        paper=Paper(
            calls=(call(4, opened=number),),
            deliveries=(replace(delivery(number), attempts_count=number),),
            attempts=(attempt(number), *([attempt(number - 1, outcome=SendOutcome.ACCEPTED)] if number > 1 else [])),
            cursors=(("zalo", str(number)),),
        ),
    )


def commit_for_ever(path: Path) -> None:
    """Commit without end; a line per acknowledged revision."""
    writer = Writer(path)
    if writer.load().next_event_seq == 1:
        say(writer.commit(Change(inventory=district())))
    for number in count(writer.load().next_event_seq):
        say(writer.commit(batch(number)))


def hold(path: Path) -> None:
    """Keep a store open until the parent ends the input."""
    with closing(Writer(path)):
        say("open")
        sys.stdin.read()


def write(path: Path) -> None:
    """Open as a monitor does."""
    with closing(Writer(path)):
        say("ok")


def read(path: Path) -> None:
    """Open as a console does and count the units."""
    with closing(Console(path)) as console:
        snapshot = console.snapshot(at(0))
        say(len(snapshot.units) if snapshot else "none")


def submit(path: Path) -> None:
    """Ask for something as a console does."""
    with closing(Console(path)) as console:
        say(console.submit("probe_now", "dns", "an", at(0)))


def fill(path: Path) -> None:
    """Commit until the disk is full, then make room by pruning and go on."""
    writer = Writer(path)
    writer.commit(Change(inventory=district()))
    acknowledged = 0
    try:
        for number in count(1):
            writer.commit(batch(number))
            acknowledged = number
    except StoreError as error:
        say(error.code)
    with closing(Console(path)) as console:
        say(len(console.events(limit=100_000)) == acknowledged)
    say(writer.prune(at(1e9), 200))
    say(writer.commit(batch(acknowledged + 1)) > acknowledged)
    writer.close()


PROGRAMS: dict[str, Callable[[Path], None]] = {
    program.__name__: program for program in (commit_for_ever, hold, write, read, submit, fill)
}

if __name__ == "__main__":
    try:
        PROGRAMS[sys.argv[1]](Path(sys.argv[2]))
    except StoreError as error:
        say(error.code)
