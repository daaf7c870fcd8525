"""Every screen looks as its golden text says, fits its size, and cuts nothing."""

from __future__ import annotations

import pytest
from textual._cells import cell_len

from tests.tui.golden import PICTURES, Scene, capture, path_of


@pytest.mark.parametrize(("scene", "size"), PICTURES, ids=[f"{scene.name}-{size[0]}" for scene, size in PICTURES])
async def test_a_screen_looks_as_it_did_and_fits(scene: Scene, size: tuple[int, int]) -> None:
    text = await capture(scene, size)
    lines = text.splitlines()
    assert len(lines) == size[1]
    assert max(cell_len(line) for line in lines) <= size[0]
    assert text == path_of(scene, size).read_text(encoding="utf-8")
