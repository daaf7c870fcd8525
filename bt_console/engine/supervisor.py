"""Starting, reloading and stopping a monitor; and one round of all checks without one."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

from bt_console.config.load import ConfigErrors, Settings, load_config
from bt_console.engine import vendors
from bt_console.engine.author import Author
from bt_console.engine.clock import Clock, SystemClock, Timeline
from bt_console.engine.monitor import Monitor
from bt_console.engine.pipeline import Pipeline
from bt_console.engine.runner import Instruments, Run, instruments, measure
from bt_console.engine.scheduler import ASK_SPACING_S
from bt_console.engine.telling import Telling
from bt_console.model.change import Change
from bt_console.model.inventory import Check
from bt_console.model.snapshot import EngineState, EngineStatus
from bt_console.store.writer import Writer
from probes.api import Shared

WATCH_S = 1.0
"""How often the config file is looked at."""
ROUNDS = 8
"""A single pass asks again at most so often before it gives its verdicts."""


async def run_monitor(
    config_path: Path,
    *,
    stop: asyncio.Event,
    store_path: Path | None = None,
    trust_file: Path | None = None,
    clock: Clock | None = None,
) -> None:
    """Run the monitor until stop is set. Raises ConfigErrors or StoreError when it cannot start."""
    read = _reader(config_path, store_path, trust_file)
    settings = await asyncio.to_thread(read)
    clock = clock or SystemClock()
    writer = await asyncio.to_thread(Writer, settings.store_path)
    author = Author(writer)
    try:
        memory = writer.load()
        pipeline = Pipeline(memory, settings.inventory, vendors.vendor_of)
        telling = Telling(memory, settings.oncall, pipeline, draw_code)
        monitor = Monitor(settings, author, pipeline, telling, clock)
        await _until(stop, monitor, _Watch(read, settings))
    finally:
        author.close()


def draw_code() -> str:
    """Return what somebody may answer to acknowledge: four digits nobody can guess in five tries."""
    return f"{secrets.randbelow(9000) + 1000}"


def _reader(config_path: Path, store_path: Path | None, trust_file: Path | None) -> Callable[[], Settings]:
    def read() -> Settings:
        settings = load_config(config_path, store_path=store_path, trust_file=trust_file)
        vendors.prepare(settings.inventory)
        return settings

    return read


async def _until(stop: asyncio.Event, monitor: Monitor, watch: _Watch) -> None:
    running = asyncio.ensure_future(monitor.run())
    watching = asyncio.ensure_future(watch.run(monitor))
    stopping = asyncio.ensure_future(stop.wait())
    tasks = (running, watching, stopping)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


class _Watch:
    """Notices a change of a file the configuration was read from, or SIGHUP, and gives the monitor what it says."""

    def __init__(self, read: Callable[[], Settings], settings: Settings) -> None:
        self._read = read
        self._files = settings.files
        self._revision = settings.revision
        self._stamp = _stamps(self._files)
        self._hangup = asyncio.Event()

    async def run(self, monitor: Monitor) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ValueError, RuntimeError):  # only the main thread may set signal handlers
            loop.add_signal_handler(signal.SIGHUP, self._hangup.set)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_S):
                    await self._hangup.wait()
            stamp = _stamps(self._files)
            if self._hangup.is_set() or stamp != self._stamp:
                self._hangup.clear()
                self._stamp = stamp
                await self._reload(monitor)

    def _follow(self, files: tuple[Path, ...]) -> None:
        """Watch these files from now on; one that is new counts as unchanged, since it was read just now."""
        known = dict(zip(self._files, self._stamp, strict=True))
        if files and files != self._files:
            fresh = dict(zip(files, _stamps(files), strict=True))
            self._files, self._stamp = files, tuple(known.get(file, fresh[file]) for file in files)

    async def _reload(self, monitor: Monitor) -> None:
        try:
            settings = await asyncio.to_thread(self._read)
        except ConfigErrors as errors:
            self._follow(errors.files)
            monitor.refuse(_summary(errors))
            return
        self._follow(settings.files)
        if settings.revision == self._revision:
            monitor.accept()
            return
        self._revision = settings.revision
        monitor.apply(settings)


Stamp = tuple[int, int, int] | None
"""What tells one version of a file from another; None while there is no file."""


def _stamps(files: Iterable[Path]) -> tuple[Stamp, ...]:
    return tuple(map(_stamp, files))


def _stamp(file: Path) -> Stamp:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _summary(errors: ConfigErrors) -> str:
    first, *rest = str(errors).splitlines() or ["unreadable"]
    return f"{first} (+{len(rest)} more)" if rest else first


async def check_once(settings: Settings, store_path: Path, clock: Clock | None = None) -> None:
    """Run every check once into a store, asking again where a verdict needs it. Raises StoreError."""
    clock = clock or SystemClock()
    shared = Shared()
    tools = instruments(settings, shared, clock)
    await asyncio.to_thread(vendors.prepare, settings.inventory)
    writer = await asyncio.to_thread(Writer, store_path)
    try:
        await _rounds(settings, writer, tools)
    finally:
        shared.close()
        writer.close()


async def _rounds(settings: Settings, writer: Writer, tools: Instruments) -> None:
    timeline = Timeline(tools.clock)
    pipeline = Pipeline(writer.load(), settings.inventory, vendors.vendor_of)
    writer.commit(Change(inventory=settings.inventory))
    wanted = frozenset(settings.inventory.checks)
    for _ in range(ROUNDS):
        checks = [settings.inventory.checks[check_id] for check_id in sorted(wanted)]
        runs = await asyncio.gather(*(_run(check, tools, timeline) for check in checks))
        step = pipeline.ingest(runs, timeline.instant())
        await asyncio.to_thread(writer.commit, step.change)
        wanted = step.wanted
        if not wanted:
            break
        await asyncio.sleep(ASK_SPACING_S)
    status = EngineStatus(state=EngineState.RUNNING, last_tick_at=timeline.instant())
    await asyncio.to_thread(writer.commit, Change(engine=status))


async def _run(check: Check, tools: Instruments, timeline: Timeline) -> Run:
    started_at = timeline.instant()
    reading, duration_s = await measure(check, tools)
    return Run(check, started_at, started_at, duration_s, reading, is_confirmation=False)
