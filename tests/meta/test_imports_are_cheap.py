"""No command pays for a room it does not enter: `status` least of all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bt_console.cli import commands
from bt_console.config.load import load_config
from bt_console.store.writer import Writer
from tests.cli.example import EXAMPLE, district

SCREENS = frozenset({"textual", "rich"})
HEAVY = SCREENS | {
    *("scapy", "pysnmp", "sqlalchemy", "sqlmodel", "alembic", "pydantic", "pydantic_core"),
    *(
        "aiohttp",
        "aiosmtpd",
        "dns",
        "h11",
        "cryptography",
        "pyroute2",
        "watchfiles",
        "psutil",
        "netaddr",
        "cel_expr_python",
    ),
}
PROGRAM = """
import contextlib, io, sys
sys.argv = ["bt-console", *sys.argv[1:]]
from bt_console.__main__ import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main()
print(code, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def _loaded(*argv: object) -> tuple[int, frozenset[str]]:
    """Run a command line in a process of its own; return its exit code and the top-level modules it loaded."""
    command = [sys.executable, "-c", PROGRAM, *map(str, argv)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    code, *modules = ended.stdout.split()
    return int(code), frozenset(modules)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "store.db"
    writer = Writer(path)
    writer.commit(district(load_config(EXAMPLE, store_path=path)))
    writer.close()
    return path


@pytest.mark.parametrize(
    "argv",
    [
        ["status"],
        ["status", "--json"],
        ["status", "cao-son"],
        ["incidents"],
        ["events"],
        ["devices"],
        ["devices", "export"],
        ["routes"],
        ["incidents", "show", "1"],
        ["why", "cao-son"],
        ["proof", "1"],
        ["oncall"],
        ["alerts"],
        ["silence"],
        ["maintenance", "list"],
        ["silence", "add", "--unit", "cao-son", "--for", "2h", "--reason", "sửa điện", "--preview"],
        ["route", "test", "--unit", "cao-son"],
    ],
)
def test_reading_the_store_loads_neither_screens_nor_engines(argv: list[str], store: Path) -> None:
    code, modules = _loaded(*argv, "--store", store)
    assert code == 0
    assert modules & (HEAVY | {"asyncio", "yaml"}) == frozenset()


def test_finding_the_store_in_the_configuration_does_not_validate_it(tmp_path: Path, store: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"store: {{path: {store}}}\n", encoding="utf-8")
    code, modules = _loaded("status", "-c", config)
    assert code == 0
    assert modules & HEAVY == frozenset()


@pytest.mark.parametrize("name", commands.names())
def test_help_of_every_command_loads_nothing_heavy(name: str) -> None:
    code, modules = _loaded(name, "--help")
    assert code == 0
    assert modules & HEAVY == frozenset()


@pytest.mark.parametrize("argv", [["probe", "--json"], ["doctor", "-c", EXAMPLE], ["check-config", EXAMPLE]])
def test_commands_without_a_screen_load_no_screens(argv: list[object]) -> None:
    _, modules = _loaded(*argv)
    assert modules & (SCREENS | {"scapy", "pysnmp"}) == frozenset()
