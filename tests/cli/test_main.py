from __future__ import annotations

import importlib.metadata
import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from bt_console.cli import commands
from tests.cli.example import Filled, Run

BIN = Path(sys.executable).parent / "bt-console"


def test_a_mistyped_command_is_refused_with_the_nearest_one(run: Run) -> None:
    code, out, err = run("--language", "en", "statu")
    assert (code, out) == (2, "")
    assert "did you mean 'status'" in err


def test_a_command_near_nothing_gets_the_list(run: Run) -> None:
    code, _, err = run("--language", "en", "xyzzy")
    assert code == 2
    assert "did you mean" not in err
    assert "check-config" in err


@pytest.mark.parametrize(("language", "word"), [("vi", "lệnh"), ("en", "commands")])
def test_help_lists_every_command_in_the_language_asked_for(run: Run, language: str, word: str) -> None:
    code, out, err = run("--language", language, "--help")
    assert (code, err) == (0, "")
    assert f"{word}:" in out
    listed = {line.split()[0] for line in out.split(f"\n{word}:")[1].splitlines() if line.strip()}
    assert listed == set(commands.names())


@pytest.mark.parametrize("name", commands.names())
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_command_explains_itself_without_a_store(run: Run, name: str, language: str) -> None:
    code, out, err = run(name, "--help", "--language", language)
    assert (code, err) == (0, "")
    assert f"bt-console {name}" in out
    assert "cli." not in out


def test_the_language_of_the_environment_holds_unless_the_command_line_says_otherwise(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BT_CONSOLE_LANGUAGE", "en")
    assert "no command 'x'" in run("x")[2]
    assert "không có lệnh 'x'" in run("--language", "vi", "x")[2]


@pytest.mark.parametrize("argv", [["--no-such-option"], ["status", "--no-such-option"], ["--language", "fr", "status"]])
def test_options_that_do_not_exist_are_usage_errors(run: Run, argv: list[str]) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert "bt-console" in err
    assert "Traceback" not in err


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == (0, f"bt-console {importlib.metadata.version('bt-console')}\n", "")


def test_without_a_command_and_a_terminal_the_status_is_printed(run: Run, tmp_path: Path) -> None:
    code, out, err = run("--store", tmp_path / "none.db", "--language", "en")
    assert (code, out) == (2, "")
    assert "monitor has not run yet" in err


def test_the_console_needs_a_terminal_and_says_what_works_without(run: Run) -> None:
    code, _, err = run("console", "--language", "en")
    assert code == 2
    assert "bt-console status" in err


def test_a_missing_configuration_is_explained(run: Run, tmp_path: Path) -> None:
    code, out, err = run("status", "-c", tmp_path / "absent.yaml")
    assert (code, out) == (2, "")
    assert "absent.yaml" in err


def test_the_installed_program_fails_with_two_and_keeps_stdout_empty(tmp_path: Path) -> None:
    argv = [str(BIN), "status", "--store", str(tmp_path / "none.db")]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert str(tmp_path / "none.db") in ended.stderr


def test_a_reader_that_leaves_early_ends_the_program_without_a_word() -> None:
    script = f"{BIN} probe --json | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() in {"0", "141"}
    assert ended.stderr == ""


def test_a_terminal_without_vietnamese_letters_gets_text_and_json_all_the_same(filled: Filled) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for form in ([], ["--json"]):
        argv = [str(BIN), "status", "--store", str(filled.path), *form]
        ended = subprocess.run(argv, capture_output=True, check=False, env=environment)
        assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(ended.stdout)["units"][1]["name"] == "Xã Cao Sơn"


def test_a_full_disk_behind_stdout_is_said_in_one_line(filled: Filled) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        argv = [str(BIN), "status", "--json", "--store", str(filled.path)]
        ended = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "bt-console: stdout: No space left on device\n"


def test_a_log_that_cannot_be_written_is_refused(run: Run, filled: Filled, tmp_path: Path) -> None:
    code, out, err = run("status", "--store", filled.path, "--log-file", tmp_path / "absent" / "log")
    assert (code, out) == (2, "")
    assert "--log-file" in err


def _read(terminal: int) -> bytes:
    """Return what a terminal's program wrote, or nothing when it closed the terminal or fell silent."""
    if not select.select([terminal], [], [], 60)[0]:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_in_a_terminal_the_program_alone_opens_the_console(filled: Filled) -> None:
    """The real program in a real terminal: it draws the district, and `q` ends it with 0."""
    terminal, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    argv = [str(BIN), "--store", str(filled.path)]
    with subprocess.Popen(argv, stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True) as process:
        os.close(end)
        shown = b""
        while "Cao Sơn".encode() not in shown and (more := _read(terminal)):
            shown += more
        os.write(terminal, b"q")
        while _read(terminal):
            pass
    os.close(terminal)
    assert "Cao Sơn".encode() in shown
    assert process.returncode == 0
