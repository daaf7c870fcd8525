"""The console on a real pseudo-terminal: what a crash leaves behind, colours, and what bytes it sends."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest

from tests.tui import district, telling

PROGRAM = """
import sys
from pathlib import Path
from bt_console.facade import Console
from bt_console.tui.app import ConsoleApp
from tests.tui import district

class Clock:
    secret = "hunter2-secret"
    calls = 0
    def now(self):
        password = self.secret
        Clock.calls += 1
        if Clock.calls > int(sys.argv[2]):
            raise RuntimeError("the clock broke")
        return district.NOW

app = ConsoleApp(Console(Path(sys.argv[1])), lab=None, user="tho", language="vi", theme=None, now=Clock().now)
app.run()
sys.exit(app.return_code)
"""
_OSC = re.compile(rb"\x1b\][^\x07\x1b]*\x07")
"""A bell that ends a sequence for the terminal is none."""
ROOT = Path(__file__).parents[2]
# What runs the tests may tell its own terminal's size, which would be believed before the pseudo-terminal's.
_ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in ("LINES", "COLUMNS")}
COLOUR = re.compile(rb"\x1b\[[0-9;]*(?:3|4|9|10)[0-7](?:;[0-9;]*)?m|\x1b\[[0-9;]*[34]8;[25];")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run of the console left."""

    written: bytes
    code: int
    shown: str
    """The screen when the keys were pressed."""


def run_on_a_terminal(store: Path, *, breaks_after: int, keys: tuple[bytes, ...] = (), **env: str) -> Run:
    """Run the console on a new pseudo-terminal of 80x24; press keys once the table is there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    clean = {key: value for key, value in _ENVIRONMENT.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(store), str(breaks_after)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=clean | {"TERM": "xterm-256color", "XDG_STATE_HOME": str(store.parent / "state")} | env,
        start_new_session=True,
    )
    os.close(slave)
    written, shown = b"", ""
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    while select.select([master], [], [], 60)[0]:
        try:
            chunk = os.read(master, 1 << 16)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
        stream.feed(chunk)
        if keys and any("Vũ Muộn" in line for line in screen.display[18:20]):
            shown = "\n".join(screen.display)
            for key in keys:
                os.write(master, key)
                time.sleep(0.3)
            keys = ()
    os.close(master)
    return Run(written=written, code=process.wait(timeout=60), shown=shown)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    district.write(path, district.broken_change())
    return path


def test_a_crash_prints_one_line_and_leaves_a_private_file_without_locals(store: Path) -> None:
    run = run_on_a_terminal(store, breaks_after=8)
    (report,) = (store.parent / "state" / "bt-console").glob("crash-*.txt")
    after = run.written.rpartition(b"\x1b[?1049l")[2].decode()
    assert run.code == 1
    assert str(report) in after.replace("\r\n", "")
    assert "Traceback" not in after
    assert b"hunter2" not in run.written
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text(encoding="utf-8")
    assert "the clock broke" in text
    assert "hunter2" not in text


def test_q_leaves_the_terminal_as_it_was(store: Path) -> None:
    run = run_on_a_terminal(store, breaks_after=10_000, keys=(b"q",))
    written = run.written
    assert run.code == 0
    assert written.count(b"\x1b[?1049h") == written.count(b"\x1b[?1049l") == 1
    assert b"\x1b[?25h" in written.rpartition(b"\x1b[?1049l")[0][-400:] + written.rpartition(b"\x1b[?1049l")[2]


def test_no_color_sends_no_colour_at_all_and_still_every_state(store: Path) -> None:
    run = run_on_a_terminal(
        store, breaks_after=10_000, keys=(b":", b"a", b"\x1b", b"4", b"?", b"/", b"q"), NO_COLOR="1"
    )
    assert not COLOUR.search(run.written)
    assert "▲ suy giảm" in run.shown
    assert COLOUR.search(run_on_a_terminal(store, breaks_after=10_000, keys=(b"q",)).written)


def test_a_page_rings_once_unless_the_bell_is_muted(store: Path) -> None:
    # The program's clock stands still: this page was accepted a moment after it started.
    district.write(store, telling.told_change(deliveries=(telling.banner(30, district.NOW + telling.SOON),)))
    run = run_on_a_terminal(store, breaks_after=10_000, keys=(b"2", b"1", b"q"))
    assert "NGHIÊM".encode() in run.written
    assert _OSC.sub(b"", run.written).count(b"\x07") == 1
    run = run_on_a_terminal(store, breaks_after=10_000, keys=(b"2", b"q"), BT_CONSOLE_BELL="0")
    assert "NGHIÊM".encode() in run.written
    assert b"\x07" not in _OSC.sub(b"", run.written)


def test_a_terminal_with_few_glyphs_gets_ascii_signs(store: Path) -> None:
    run = run_on_a_terminal(store, breaks_after=10_000, keys=(b"q",), TERM="linux")
    assert "●" not in run.shown
    assert "! suy giảm" in run.shown


def test_a_console_whose_terminal_is_gone_ends_by_itself(store: Path) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(store), "1000000"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=_ENVIRONMENT | {"TERM": "xterm-256color"},
        start_new_session=True,  # no controlling terminal, so no SIGHUP comes
    )
    os.close(slave)
    assert select.select([master], [], [], 60)[0]
    os.read(master, 1 << 16)
    os.close(master)
    try:
        assert process.wait(timeout=60) != 0
    finally:
        process.kill()
