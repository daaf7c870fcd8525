from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bt_console.cli.command import UsageError
from bt_console.cli.diagnostics import Guard, LogLine, configure_logging


def test_an_explained_error_is_a_message_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    with Guard("en") as guard:
        raise UsageError("write it otherwise")
    assert guard.exit_code == 2
    assert capsys.readouterr().err == "bt-console: write it otherwise\n"


def test_a_fault_of_the_program_leaves_its_traceback_in_a_private_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    with Guard("en") as guard:
        raise ZeroDivisionError("secret-free text")
    said = capsys.readouterr().err
    (file,) = (tmp_path / "crash").iterdir()
    assert guard.exit_code == 70
    assert said.count("\n") == 1
    assert str(file) in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Traceback" in file.read_text(encoding="utf-8")


def test_a_fault_that_cannot_be_saved_is_told_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "file"))
    with Guard("en") as guard:
        raise ZeroDivisionError("text")
    assert guard.exit_code == 70
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_with_130_and_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    with Guard("en") as guard:
        raise KeyboardInterrupt
    assert guard.exit_code == 130
    assert capsys.readouterr().err == ""


def test_a_closed_pipe_ends_with_141_and_no_word() -> None:
    program = (
        "import os, sys\n"
        "from bt_console.cli.diagnostics import Guard\n"
        "with Guard('en') as guard:\n"
        "    os.close(int(sys.argv[1]))\n"
        "    print('x' * 10); sys.stdout.flush()\n"
        "sys.exit(guard.exit_code)\n"
    )
    reader, writer = os.pipe()
    argv = [sys.executable, "-c", program, str(reader)]
    with subprocess.Popen(argv, stdout=writer, stderr=subprocess.PIPE, pass_fds=[reader]) as process:
        os.close(reader)
        os.close(writer)
        said = process.communicate()[1]
    assert (process.returncode, said) == (141, b"")


def test_a_log_line_is_one_line_whatever_it_carries() -> None:
    record = logging.makeLogRecord({"name": "x", "levelname": "WARNING", "msg": "two\nlines", "check": 'a "b"'})
    line = LogLine().format(record)
    assert "\n" not in line
    assert line.endswith(r'warning x msg="two\nlines" check="a \"b\""')


def test_the_log_goes_to_the_file_asked_for(tmp_path: Path) -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        configure_logging(is_verbose=False, log_file=tmp_path / "log")
        logging.getLogger("room").info("seen")
        logging.getLogger("room").debug("not seen")
        assert (tmp_path / "log").read_text(encoding="utf-8").count("\n") == 1
    finally:
        for handler in logging.root.handlers[:]:
            handler.close()
        logging.basicConfig(handlers=before[0], level=before[1], force=True)
