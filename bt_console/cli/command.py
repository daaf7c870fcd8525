"""What a command is, and what all commands share: global options, errors of use, the way to the console."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.lab.client import Lab


class UsageError(Exception):
    """The command line asks for something that cannot be; the message says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: its module's file name with `-` for `_` is its name."""

    name: str
    help: str
    """Code in bt_console/words/commands.py (or plain text): one line for the list of commands."""
    configure: Callable[[Parser], None]
    """Adds the command's own arguments. Help texts may be codes; the global options are there already."""
    run: Callable[[Namespace], int]
    """Does the work and returns the exit code. Besides its own arguments it finds in the namespace those of
    GLOBALS, `show_console` (a ShowConsole or None), `now` (a function: the present instant, UTC-aware) and
    `help_language` (for messages to this command line's user)."""


class ShowConsole(Protocol):
    """Starts the full-screen console. Made by __main__, because cli and tui do not know each other."""

    def __call__(
        self, store_path: Path, *, lab: Lab | None = None, language: str | None = None, theme: str | None = None
    ) -> int:
        """Run the console on a store until its user quits; return the exit code."""


GLOBALS = ("config", "store", "language", "verbose", "log_file")
"""Names of the global options in every namespace: str | None, Path | None, `vi` | `en` | None, bool, Path | None."""
