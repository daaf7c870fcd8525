"""`bt-console monitor`: the engine; with --once one round of all checks and its verdicts."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from argparse import Namespace
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bt_console.cli import documents
from bt_console.cli.command import Command
from bt_console.cli.place import language_of
from bt_console.cli.render import print_json, print_lines, terminal_width
from bt_console.cli.verdict import exit_code

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.model.snapshot import Snapshot


def _configure(parser: Parser) -> None:
    parser.add_argument("--once", action="store_true", help="cli.opt.once")
    parser.add_argument("--trust-file", metavar="FILE", type=Path, default=None, help="cli.opt.trust_file")
    parser.add_argument("--json", action="store_true", help="cli.opt.once_json")


def _run(args: Namespace) -> int:
    from bt_console.config.locate import find_config

    config = find_config(args.config)
    if args.once:
        return _once(args, config)
    asyncio.run(_until_told(config, args))
    return 0


async def _until_told(config: Path, args: Namespace) -> None:
    # Imported here: the engine brings the SQL library, which no other command needs.
    from bt_console.engine.supervisor import run_monitor

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError, RuntimeError):  # only the main thread may set signal handlers
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_monitor(config, stop=stop, store_path=args.store, trust_file=args.trust_file)


def _once(args: Namespace, config: Path) -> int:
    snapshot = _measured(args, config)
    language = language_of(args, snapshot)
    if args.json:
        print_json(documents.status(snapshot))
    else:
        from bt_console.cli.status_text import status_lines

        print_lines(status_lines(snapshot, language, terminal_width()))
    return exit_code(snapshot)


def _measured(args: Namespace, config: Path) -> Snapshot:
    """Return what one round of all checks shows, by way of a store of its own that is thrown away."""
    from bt_console.config.load import load_config
    from bt_console.engine.supervisor import check_once
    from bt_console.facade import Console

    settings = load_config(config, trust_file=args.trust_file)
    with tempfile.TemporaryDirectory(prefix="bt-console-once-") as directory:
        store = Path(directory) / "once.sqlite"
        asyncio.run(check_once(settings, store))
        with closing(Console(store)) as console:
            snapshot = console.snapshot(args.now())
    if snapshot is None:
        raise RuntimeError("a round of checks left an empty store")
    return snapshot


COMMAND = Command(name="monitor", help="cli.help.monitor", configure=_configure, run=_run)
