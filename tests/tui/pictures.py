"""Pictures for the documentation: `python -m tests.tui.pictures` writes docs/img/*.svg from the sample district."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from tests.tui.driving import SMALL, WIDE, shown
from tests.tui.telling import told_change

FOLDER = Path(__file__).parents[2] / "docs" / "img"
PICTURES = {
    "overview": (WIDE, ()),
    "unit": (SMALL, ("down", "enter")),
    "incidents": (WIDE, ("4",)),
    "oncall": (WIDE, ("7",)),
}


async def picture(size: tuple[int, int], keys: tuple[str, ...]) -> str:
    """Return a screen as SVG that loads nothing from elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        async with shown(Path(folder), told_change(), size=size) as running:
            await running.press(*keys)
            svg = running.app.export_screenshot()
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    return svg.replace("Fira Code", "DejaVu Sans Mono") + "\n"


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (size, keys) in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(size, keys)), encoding="utf-8")


if __name__ == "__main__":
    main()
