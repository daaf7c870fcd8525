"""What the console loads, seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

_SHOW = "import sys; print('\\n'.join(sorted({name.partition('.')[0] for name in sys.modules})))"


def loaded(statement: str) -> set[str]:
    run = subprocess.run([sys.executable, "-c", f"{statement}; {_SHOW}"], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_the_views_know_neither_textual_nor_rich() -> None:
    statement = (
        "import importlib, pkgutil, bt_console.tui.view as view;"
        "[importlib.import_module(f'bt_console.tui.view.{m.name}') for m in pkgutil.iter_modules(view.__path__)]"
    )
    assert not loaded(statement) & {"textual", "rich", "asyncio", "sqlite3"}


def test_the_console_loads_no_probe_library_and_no_database_toolkit() -> None:
    found = loaded("import bt_console.tui.app")
    assert "textual" in found
    assert not found & {"scapy", "pysnmp", "sqlalchemy", "sqlmodel", "pydantic", "yaml", "cryptography", "psutil"}
