"""Where the store is: what the command line says, else what the configuration says."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bt_console.cli.command import UsageError
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot


def store_path(args: Namespace) -> Path:
    """Return the store's path. Raises ConfigError when neither `--store` nor a configuration tells it."""
    if args.store is not None:
        return Path(args.store)
    from bt_console.config.locate import find_config, read_store_path

    return read_store_path(find_config(args.config))


def open_console(args: Namespace) -> closing[Console]:
    """Return the facade on the store, for a `with` block. Raises StoreError."""
    from bt_console.facade import Console

    return closing(Console(store_path(args)))


def read_snapshot(args: Namespace, console: Console) -> Snapshot:
    """Return the district as stored now. Raises UsageError before the monitor has stored any configuration."""
    snapshot = console.snapshot(args.now())
    if snapshot is None:
        raise UsageError(tell(args.help_language, "cli.empty_store"))
    return snapshot


def language_of(args: Namespace, snapshot: Snapshot) -> str:
    """Return the language for results: the command line's, then the environment's, then the district's."""
    if args.language or os.environ.get("BT_CONSOLE_LANGUAGE"):
        return str(args.help_language)
    return snapshot.language


def language_without_store(args: Namespace) -> str:
    """Return the language for results of commands that read no store."""
    return str(args.language or args.help_language)
