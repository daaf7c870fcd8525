"""Snapshots for view tests: the broken district as the facade reads it, and small changes to it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bt_console.facade import Console
from bt_console.model.health import HealthState
from bt_console.model.snapshot import Snapshot, TargetView, UnitView
from bt_console.tui.view.look import Look, zone_of
from tests.tui import district

LOOK = Look(language="vi", zone=zone_of("Asia/Ho_Chi_Minh"), now=district.NOW)


@cache
def _read(is_broken: bool) -> Snapshot:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        district.write(store, district.broken_change() if is_broken else district.calm_change())
        console = Console(store)
        found = console.snapshot(district.NOW)
        console.close()
    assert found is not None
    return found


def snapshot(*, is_broken: bool = True, **changes: Any) -> Snapshot:
    """Return the district's snapshot with some fields replaced."""
    return replace(_read(is_broken), **changes)


def unit(unit_id: str, found: Snapshot | None = None) -> UnitView:
    """Return one unit."""
    everything = found or snapshot()
    return next(u for u in (*everything.units, *everything.departments) if u.id == unit_id)


def target(state: HealthState = HealthState.UP, **changes: Any) -> TargetView:
    """Return one target in a state."""
    tslcd = unit("phu-thong").tslcd
    assert tslcd is not None
    return replace(tslcd, state=state, **changes)
