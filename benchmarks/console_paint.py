"""What the console costs a terminal: first paint, octets a second idle and with one change a second, key to paint.

Runs the real console on a pseudo-terminal over a real store of the example district's size.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import Figure, Result
from bt_console.model.change import Change
from bt_console.model.health import CheckHealth
from bt_console.store.writer import Writer
from tests.tui import district

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bt_console.facade import Console
from bt_console.tui.app import ConsoleApp
now = lambda: datetime.now(UTC)
ConsoleApp(Console(Path(sys.argv[1])), lab=None, user="bench", language="vi", theme=None, now=now).run()
"""
SIZES = ((80, 24), (120, 40))
KEYS = (b"\x1b[B", b"\x1b[B", b"\x1b[A", b"2", b"3", b"4", b"1")
WATCH_S = 10.0
ROUNDS = 3
FIGURES = (
    ("first_paint_s", "first paint from the shell", "s", 0.6),
    ("cpu_to_first_paint_s", "CPU to first paint", "s", None),
    ("idle_octets_per_s", "idle", "octets/s", None),
    ("idle_cpu_ms_per_s", "idle, CPU", "ms/s", None),
    ("change_octets_per_s", "one change a second", "octets/s", 200.0),
    ("change_cpu_ms_per_s", "one change a second, CPU", "ms/s", 10.0),
    ("key_p50_ms", "key to paint, median", "ms", None),
    ("key_p95_ms", "key to paint, 95th percentile", "ms", 15.0),
    ("key_octets_max", "most octets for one key", "octets", None),
)
"""Name, text, unit and aim."""


class Terminal:
    """A child on a pseudo-terminal, its output counted."""

    def __init__(self, store: Path, size: tuple[int, int]) -> None:
        self.octets = 0
        self.started_s = time.perf_counter()
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        env = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        command = [sys.executable, "-c", PROGRAM, str(store)]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)

    def read(self, seconds: float) -> bytes:
        """Return what came within a time, all of it."""
        end_s, got = time.perf_counter() + seconds, b""
        while (left := end_s - time.perf_counter()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    chunk = os.read(self.master, 1 << 16)
                except OSError:  # it has left
                    return got
                self.octets += len(chunk)
                got += chunk
        return got

    def wait_for(self, text: str, seconds: float = 30.0) -> float:
        """Return how long after the start a text appeared."""
        seen = b""
        while time.perf_counter() - self.started_s < seconds:
            seen += self.read(0.01)
            if text.encode() in seen:
                return time.perf_counter() - self.started_s
        raise RuntimeError(f"{text!r} never appeared")

    def key(self, key: bytes) -> tuple[float, int]:
        """Send a key; return milliseconds to the first octet of the answer and its octets in the next 0.3 s."""
        self.read(0.25)
        begun_s, before = time.perf_counter(), self.octets
        os.write(self.master, key)
        if not select.select([self.master], [], [], 2.0)[0]:
            return 2000.0, 0
        took_ms = (time.perf_counter() - begun_s) * 1000
        self.read(0.3)
        return took_ms, self.octets - before

    def cpu_s(self) -> float:
        """Return the processor time the child used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Quit the child."""
        os.write(self.master, b"q")
        self.read(0.5)
        self.process.terminate()
        self.process.wait()
        os.close(self.master)


class Monitor(threading.Thread):
    """Writes what a monitor would: a sign of life a second, and one new sample when asked."""

    def __init__(self, store: Path) -> None:
        super().__init__(daemon=True)
        self.is_changing = False
        self.stop = threading.Event()
        self._writer = Writer(store)
        self._healths = [h for h in district.calm_change().healths if h.check_id.endswith("/tslcd:icmp_echo")]

    def run(self) -> None:
        """Commit once a second until told to stop."""
        count = 0
        while not self.stop.wait(1.0):
            count += 1
            engine = replace(district.engine(), last_tick_at=datetime.now(UTC))
            healths: tuple[CheckHealth, ...] = ()
            if self.is_changing:
                health = self._healths[count % len(self._healths)]
                newest = replace(health.samples[-1], seq=1000 + count, rtt_s=0.001 * (1 + count % 9))
                healths = (replace(health, samples=(*health.samples[1:], newest)),)
            self._writer.commit(Change(engine=engine, healths=healths))
        self._writer.close()


def measure(size: tuple[int, int]) -> dict[str, float]:
    """Return the figures of one terminal size."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        district.write(store, replace(district.calm_change(), engine=district.engine(last_tick_at=datetime.now(UTC))))
        monitor = Monitor(store)
        monitor.start()
        terminal = Terminal(store, size)
        first_s = terminal.wait_for("Muộn")
        found = {"first_paint_s": first_s, "cpu_to_first_paint_s": terminal.cpu_s()}
        terminal.read(3)
        found |= {"first_octets": terminal.octets}
        for name, is_changing in (("idle", False), ("change", True)):
            monitor.is_changing = is_changing
            terminal.read(2)
            before, cpu_s = terminal.octets, terminal.cpu_s()
            terminal.read(WATCH_S)
            found[f"{name}_octets_per_s"] = (terminal.octets - before) / WATCH_S
            found[f"{name}_cpu_ms_per_s"] = (terminal.cpu_s() - cpu_s) / WATCH_S * 1000
        answers = [terminal.key(key) for key in KEYS * 4]
        times = sorted(took for took, _ in answers)
        found |= {"key_p50_ms": statistics.median(times), "key_p95_ms": times[int(len(times) * 0.95)]}
        found |= {"key_octets_max": max(octets for _, octets in answers)}
        terminal.close()
        monitor.stop.set()
        monitor.join()
    return found


def run() -> Result:
    """Measure both sizes, three rounds each."""
    figures: list[Figure] = []
    for size in SIZES:
        rounds = [measure(size) for _ in range(ROUNDS)]
        figures += [
            Figure(
                what=f"{size[0]}x{size[1]}: {what}",
                unit=unit,
                ours=tuple(found[name] for found in rounds),
                at_most=at_most,
            )
            for name, what, unit, at_most in FIGURES
        ]
    return Result(peer="", figures=tuple(figures))
