"""Paging while the disk of the store is full: python -m tests.journeys.full_disk DIRECTORY STORE_DIRECTORY PLAY.

Runs where STORE_DIRECTORY is a small file system of its own. Says in JSON what arrived.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bt_console.evaluate.oncall.orders import SendTest, write_order
from bt_console.facade import Console
from tests.journeys.paging_audit import Papers, broken
from tests.journeys.post import Post, post_office
from tests.journeys.storm import all_over, oncall, ready
from tests.journeys.town import PATIENCE_S, MonitorProcess, Town, monitor_of, town, tslcd

UNITS_CUT = 4


def fill(directory: Path) -> Path:
    """Leave not a byte."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return filler


async def refused(monitor: MonitorProcess) -> None:
    """Wait until the monitor has noticed."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if "the store refuses" in monitor.log():
                return
            await asyncio.sleep(0.1)


async def paged(post: Post, count: int) -> None:
    """Wait for so many pages."""
    async with asyncio.timeout(PATIENCE_S), post.news:
        await post.news.wait_for(lambda: len(list(post.taken("page"))) >= count)
    await asyncio.sleep(1.0)


async def written(console: Console, count: int) -> None:
    """Wait until so many messages are in the store, done."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await asyncio.to_thread(console.deliveries)
            if len(rows) >= count and all(row.done_at for row in rows):
                return
            await asyncio.sleep(0.1)


async def room_again(place: Town, post: Post, monitor: MonitorProcess, console: Console) -> dict[str, object]:
    """Pages go out though nothing can be written; with room it is all written down, and nothing is sent again."""
    filler = fill(place.store_path.parent)
    await refused(monitor)
    await place.cut(map(tslcd, range(1, UNITS_CUT + 1)))
    await paged(post, UNITS_CUT)
    before = len(console.deliveries())
    filler.unlink()
    await written(console, UNITS_CUT)
    await place.heal_all()
    await all_over(console)
    found = Papers.of(console, post)
    return {"written while full": before, "broken": broken(found), **seen(post)}


async def lost_power(place: Town, post: Post, monitor: MonitorProcess, console: Console) -> dict[str, object]:
    """A monitor that dies before there is room knows nothing of what it sent: that is sent again."""
    filler = fill(place.store_path.parent)
    await refused(monitor)
    await place.cut(map(tslcd, range(1, UNITS_CUT + 1)))
    await paged(post, UNITS_CUT)
    await monitor.kill()
    await monitor.start()  # there is no room yet
    await paged(post, 2 * UNITS_CUT)
    filler.unlink()
    await written(console, UNITS_CUT)
    await place.heal_all()
    await all_over(console)
    return seen(post)


async def asked_before(place: Town, post: Post, monitor: MonitorProcess, console: Console) -> dict[str, object]:
    """An order whose answer cannot be written down is carried out once all the same."""
    await monitor.kill()
    number = console.submit(*write_order(SendTest(contact="an")), "an", datetime.now(UTC))
    filler = fill(place.store_path.parent)
    await monitor.start()
    await refused(monitor)
    await asyncio.sleep(4.0)
    before = console.command_result(number)
    filler.unlink()
    await written(console, 2)
    return {"answered while full": before, "answer": console.command_result(number), **seen(post)}


def seen(post: Post) -> dict[str, object]:
    """Return what arrived, by kind, and how often the same about the same."""
    pages = Counter(arrival.incident_id for arrival in post.taken("page"))
    return {"kinds": Counter(arrival.kind for arrival in post.taken()), "pages": sorted(pages.values())}


PLAYS = {play.__name__: play for play in (room_again, lost_power, asked_before)}


async def main(directory: Path, store_directory: Path, name: str) -> None:
    """Play one of them."""
    async with (
        town(directory, store_directory / "store.sqlite") as place,
        post_office(random.Random(1)) as post,
        monitor_of(place) as monitor,
    ):
        post.is_well = True
        place.write_config(oncall(post.port, pages=50))
        with closing(await ready(monitor)) as console:
            found = await PLAYS[name](place, post, monitor, console)
            status = await monitor.stop()
        log = [line for line in monitor.log().splitlines() if "refuses" in line or "lost" in line]
        sys.stdout.write(json.dumps({**found, "status": status, "log": log, "at": f"{datetime.now(UTC)}"}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
