"""A monitor killed at random instants of a storm, again and again: nobody is forgotten, nothing comes twice unmarked.

`BT_CONSOLE_KILLS=60` plays a longer campaign, `BT_CONSOLE_SEED=...` another one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from bt_console.model.paging import SendOutcome
from tests.journeys.paging_audit import Papers, broken, counted
from tests.journeys.post import post_office
from tests.journeys.storm import BURST, Storm, all_over, killed, oncall, ready, ready_again
from tests.journeys.town import WAYS, monitor_of, town

pytestmark = pytest.mark.journey
KILLS = int(os.environ.get("BT_CONSOLE_KILLS", "4"))
PAGES = 6 if KILLS >= 10 else 20
"""A minute, for each person; waiting for the digest of what is beyond would make a short play long."""
SEED = int(os.environ.get("BT_CONSOLE_SEED", "20261125"))


async def test_killed_in_a_storm_it_forgets_nobody_and_repeats_only_what_it_marked(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    async with town(tmp_path) as place, post_office(rng) as post, monitor_of(place) as monitor:
        place.write_config(oncall(post.port, pages=PAGES))
        with closing(await ready(monitor)) as console:
            await monitor.kill()
            storm = Storm(place, random.Random(SEED + 1), console)
            raging = asyncio.ensure_future(storm.rage())
            for _ in range(KILLS):
                await killed(monitor, console, post, rng)
            storm.is_over = True
            await raging
            await ready_again(monitor, console)
            await place.heal_all()
            post.is_well = True
            with suppress(TimeoutError):
                await all_over(console)
            papers = Papers.of(console, post)
        assert await monitor.stop() == 0
        print(monitor.kills, "kills", counted(papers))  # noqa: T201 - the campaign's numbers
        assert broken(papers) == [], monitor.log()
        assert "Traceback" not in monitor.log()
        assert list(post.taken("page"))


async def test_told_to_stop_in_a_storm_it_ends_the_letters_under_way(tmp_path: Path) -> None:
    async with town(tmp_path) as place, post_office(random.Random(SEED)) as post, monitor_of(place) as monitor:
        place.write_config(oncall(post.port, pages=50))
        post.moods = ("linger",)
        with closing(await ready(monitor)) as console:
            await place.cut(WAYS[:BURST])
            await post.until_under_way(20.0)
            assert await monitor.stop() == 0
            assert post.under_way == 0
            stopped = Papers.of(console, post)
            assert stopped.arrivals
            assert list(unended(stopped)) == []
            await ready_again(monitor, console)
            await place.heal_all()
            await all_over(console)
            papers = Papers.of(console, post)
        assert broken(papers) == [], monitor.log()
        assert counted(papers)["came again"] == 0
        assert await monitor.stop() == 0


def unended(papers: Papers) -> Iterator[str]:
    for attempts in papers.attempts.values():
        yield from (f"{a.delivery_id}/{a.n}: {a.outcome}" for a in attempts if a.outcome is not SendOutcome.ACCEPTED)


_OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


def played_on_a_small_disk(tmp_path: Path, play: str) -> dict[str, Any]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=6m none "{disk}" && exec "$@"'
    command = [*_OWN_MOUNTS, "sh", "-c", mount, "sh", sys.executable, "-m", "tests.journeys.full_disk"]
    done = subprocess.run(
        [*command, str(tmp_path), str(disk), play],
        cwd=Path(__file__).parents[2],
        text=True,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="this system lets no ordinary user mount in a namespace of its own")
def test_with_a_full_disk_pages_go_out_and_with_room_again_nothing_is_sent_twice(tmp_path: Path) -> None:
    found = played_on_a_small_disk(tmp_path, "room_again")
    assert found["written while full"] == 0
    assert found["broken"] == []
    assert found["pages"] == [1, 1, 1, 1]
    assert found["kinds"] == {"page": 4, "resolve": 4}


@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="this system lets no ordinary user mount in a namespace of its own")
def test_killed_while_the_disk_is_full_it_pages_again_what_it_could_not_write_down(tmp_path: Path) -> None:
    found = played_on_a_small_disk(tmp_path, "lost_power")
    assert found["pages"] == [2, 2, 2, 2]
    assert found["kinds"] == {"page": 8, "resolve": 4}


@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="this system lets no ordinary user mount in a namespace of its own")
def test_what_was_asked_for_is_done_once_though_the_disk_is_full(tmp_path: Path) -> None:
    found = played_on_a_small_disk(tmp_path, "asked_before")
    assert found["answered while full"] is None
    assert found["answer"] is not None
    assert found["kinds"] == {"test": 2}
