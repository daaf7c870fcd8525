"""Lines on every terminal: a small program in wall's place, and the real one."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bt_console.channels import wall
from bt_console.channels.api import ChannelContext, ChannelError, Letter, Sent
from bt_console.channels.wall import WallParams
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import SendOutcome
from tests.servers.daemons import binary

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LETTER = Letter(
    id="17",
    kind=NoticeKind.PAGE,
    at=AT,
    title="Đứt đường TSLCD của xã Cao Sơn",
    body="từ 15:00\x1b]0;owned\x07\n\n7 thôn mất mạng\u202e",
    short="short",
)


def _program(folder: Path, script: str) -> str:
    path = folder / "wall of ours"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"'{path}'"


def _is_over(pid: str) -> bool:
    """Return whether a process is gone, or ended and not yet collected by whoever adopts orphans."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(") ")[2].startswith(("Z", "X"))
    except (FileNotFoundError, ProcessLookupError):
        return True


async def _send(command: str, timeout_s: float = 10.0, letter: Letter = LETTER) -> Sent:
    return await wall.send(WallParams(command=command), "", letter, ChannelContext(now=AT, timeout_s=timeout_s))


async def test_the_text_goes_to_the_programs_input_without_what_steers_a_terminal(tmp_path: Path) -> None:
    sent = await _send(_program(tmp_path, f'cat >"{tmp_path}/seen"; echo "$# $LC_ALL" >"{tmp_path}/how"'))
    assert (tmp_path / "seen").read_text() == (
        "Đứt đường TSLCD của xã Cao Sơn\ntừ 15:00␛]0;owned␇\n7 thôn mất mạng\ufffd\n"
    )
    assert (tmp_path / "how").read_text() == "0 C.UTF-8\n"
    assert (sent.outcome, sent.is_proof) == (SendOutcome.ACCEPTED, False)


async def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    command = _program(tmp_path, f'printf "%s|" "$@" >"{tmp_path}/args"; cat >/dev/null')
    await _send(f"{command} -t 5 '$(id)' ';' reboot")
    assert (tmp_path / "args").read_text() == "-t|5|$(id)|;|reboot|"


async def test_a_long_letter_is_bounded(tmp_path: Path) -> None:
    letter = Letter(id="1", kind=NoticeKind.PAGE, at=AT, title="t", body="x\n" * 1000 + "y" * 100_000, short="s")
    assert len(wall.written(letter).splitlines()) == wall.LINES_COUNT
    assert all(len(line) <= wall.LINE_LIMIT for line in wall.written(letter).splitlines())


async def test_a_program_that_is_not_there_says_what_to_install() -> None:
    sent = await _send("no-such-wall")
    assert sent.outcome is SendOutcome.PERMANENT
    assert "apt install bsdutils" in sent.detail
    with pytest.raises(ChannelError, match="apt install bsdutils"):
        await wall.check(WallParams(command="no-such-wall"), ChannelContext(now=AT))


async def test_a_program_that_fails_says_why_and_is_tried_again(tmp_path: Path) -> None:
    sent = await _send(_program(tmp_path, "cat >/dev/null; echo 'cannot\x1b get tty name' >&2; exit 3"))
    assert sent.outcome is SendOutcome.TRANSIENT
    assert sent.code == "3"
    assert sent.detail == "wall ended with 3: cannot␛ get tty name"


async def test_a_program_that_reads_nothing_and_floods_us_is_bounded(tmp_path: Path) -> None:
    sent = await _send(_program(tmp_path, "head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1"))
    assert sent.outcome is SendOutcome.TRANSIENT
    assert len(sent.detail) < 400


async def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    sent = await _send(_program(tmp_path, f'sleep 1000 & echo $! >"{tmp_path}/child"; wait'), timeout_s=1.0)
    assert sent.outcome is SendOutcome.AMBIGUOUS
    pid = (tmp_path / "child").read_text().strip()
    for _ in range(100):
        if _is_over(pid):
            break
        await asyncio.sleep(0.05)
    assert _is_over(pid)


async def test_the_real_wall_takes_a_letter_though_nobody_is_logged_in() -> None:
    sent = await _send(binary("wall", "bsdutils"))
    assert (sent.outcome, sent.is_proof) == (SendOutcome.ACCEPTED, False)
    await wall.check(WallParams(), ChannelContext(now=AT))


@pytest.mark.parametrize(("command", "reason"), [("", "empty"), (" ", "empty"), ("wall '", "No closing quotation")])
def test_a_command_that_cannot_be_is_refused(command: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        WallParams(command=command)


async def test_a_program_that_may_not_run_is_a_matter_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "wall"
    path.write_text("#!/bin/sh\n")
    assert not os.access(path, os.X_OK)
    assert shutil.which(str(path)) is None
    assert (await _send(str(path))).outcome is SendOutcome.PERMANENT
