"""`bt-console lab drill`: faults played in a lab of its own, judged by what reached people.

Exit codes: 0 everything is right, 1 something is not.
"""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from bt_console.cli.command import UsageError
from bt_console.cli.diagnostics import note
from bt_console.cli.drill_config import drill_config
from bt_console.cli.drill_play import played
from bt_console.cli.drill_text import drill_document, score_lines, table_lines, told_lines
from bt_console.cli.fault_plan import FaultPlan
from bt_console.cli.rehearsal import Rehearsal
from bt_console.cli.render import print_json, print_lines
from bt_console.lab.drill.judge import Verdict, judge
from bt_console.lab.drill.score import score
from bt_console.lab.drill.script import Play, everything, plays, soak
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.lab.plan import Names


def drill(args: Namespace, config: Path) -> int:
    """Play, judge, print. Raises LabError, UsageError, ConfigErrors."""
    if not (args.specs or args.all or args.soak > 0):
        raise UsageError(tell(args.help_language, "drill.nothing_to_play"))
    language = args.help_language
    dice = Random(args.seed)  # noqa: S311 - the same drill again must be possible
    chosen = _chosen(args, _names(config), dice)  # before anything is built: a slip of the pen is told at once
    with ExitStack() as parts:
        parts.enter_context(_ending_on_request())
        copy = parts.enter_context(drill_config(config, is_quick=args.quick))
        rehearsal = parts.enter_context(closing(Rehearsal.start(str(copy), FaultPlan(()), language)))
        verdicts = _judged(args, rehearsal, chosen, dice)
    total = score(verdicts)
    if args.json:
        print_json(drill_document(verdicts, total, args.now(), is_quick=args.quick))
    else:
        print_lines([*table_lines(verdicts, language), "", *score_lines(total, language)])
    is_complete = len(verdicts) == len(chosen)
    return 0 if is_complete and all(verdict.is_right for verdict in verdicts) else 1


def _names(config: Path) -> Names:
    from bt_console.config.load import load_config
    from bt_console.lab.topology import draw

    return draw(load_config(config).inventory).names()


@contextmanager
def _ending_on_request() -> Iterator[None]:
    """Take a request to end as Ctrl-C: the lab goes, and what has been played is judged."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _judged(args: Namespace, rehearsal: Rehearsal, chosen: Sequence[Play], dice: Random) -> list[Verdict]:
    verdicts: list[Verdict] = []
    try:
        for play, record in played(rehearsal, chosen, args.now, args.help_language, dice, note):
            verdict = judge(record, play.expected)
            verdicts.append(verdict)
            for line in told_lines(verdict, record, args.help_language):
                note(line)
    except KeyboardInterrupt:
        note(tell(args.help_language, "drill.interrupted", n=len(verdicts), all=len(chosen)))
    return verdicts


def _chosen(args: Namespace, names: Names, dice: Random) -> Sequence[Play]:
    specs = (*args.specs, *(everything(names, dice, is_quick=args.quick) if args.all else ()))
    lasting = (soak(args.soak, names),) if args.soak > 0 else ()
    return (*plays(specs, names, is_quick=args.quick), *lasting)
