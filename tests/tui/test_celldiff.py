"""The terminal shows what Textual drew, though only changed cells are sent: compared through a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte
import pytest

from tests.tui import district
from tests.tui.test_untrusted import poisoned

PROGRAM = """
import sys
from pathlib import Path
from textual.binding import Binding
from bt_console.facade import Console
from bt_console.tui.app import ConsoleApp
from tests.tui import district

class Dumping(ConsoleApp):
    BINDINGS = [Binding("f12", "dump", priority=True)]
    def action_dump(self):
        strips = self.screen._compositor.render_strips()
        lines = ["".join(segment.text for segment in strip) for strip in strips]
        Path(sys.argv[2]).write_text("\\n".join(lines), encoding="utf-8")

Dumping(Console(Path(sys.argv[1])), lab=None, user="tho", language="vi", theme=None, now=lambda: district.NOW).run()
"""
ROOT = Path(__file__).parents[2]
# What runs the tests may tell its own terminal's size, which would be believed before the pseudo-terminal's.
_ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in ("LINES", "COLUMNS")}
SIZE = (100, 30)
# Enter comes only after a search or on the palette's first entry, so that a walk never chooses `quit`.
KEYS = [
    b"\x1b[B",
    b"\x1b[A",
    b"\x1b[6~",
    b"1",
    b"2",
    b"3",
    b"4",
    b"?",
    b":cao\r",
    b"s",
    b"l",
    b"\t",
    b":",
    b"\x14",
    b"\x1b",
]
QUIET_S = 0.3


def _read_until_quiet(master: int, stream: pyte.ByteStream) -> None:
    while select.select([master], [], [], QUIET_S)[0]:
        stream.feed(os.read(master, 1 << 16))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_random_walk_the_terminal_shows_what_textual_drew(tmp_path: Path, seed: int) -> None:
    store, dump = tmp_path / "store.db", tmp_path / "dump.txt"
    district.write(store, poisoned("漢字 Đôn e\u0301 👍 [/]") if seed == 3 else district.broken_change())
    screen = pyte.Screen(*SIZE)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(store), str(dump)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=_ENVIRONMENT | {"TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(slave)
    try:
        assert select.select([master], [], [], 30)[0]
        time.sleep(1.0)
        _read_until_quiet(master, stream)
        walk = random.Random(seed)
        for key in walk.choices(KEYS, k=20):
            os.write(master, key)
            _read_until_quiet(master, stream)
        os.write(master, b"\x1b[24~")
        _read_until_quiet(master, stream)
        drawn = [line.rstrip() for line in dump.read_text(encoding="utf-8").split("\n")]
        assert [line.rstrip() for line in screen.display] == drawn
    finally:
        process.terminate()
        process.wait()
        os.close(master)
