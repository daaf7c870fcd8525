"""The composition root: joins the command line to the full-screen console, which do not know each other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bt_console.cli.main import main as run_command_line

if TYPE_CHECKING:
    from bt_console.lab.client import Lab


def main() -> int:
    """Run the program on this process's arguments and return its exit code."""
    return run_command_line(show_console=_show_console)


def _show_console(
    store_path: Path, *, lab: Lab | None = None, language: str | None = None, theme: str | None = None
) -> int:
    # Imported here: Textual costs a quarter of a second that no other command should pay.
    from bt_console.cli.person import who
    from bt_console.engine.clock import SystemClock
    from bt_console.facade import Console
    from bt_console.tui.app import ConsoleApp

    console = Console(store_path)
    try:
        now = SystemClock().now
        app = ConsoleApp(console, lab=lab, user=who(), language=language, theme=theme, now=now)
        app.run()
    finally:
        console.close()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
