"""Golden screens: what each looks like as text. `python -m tests.tui.golden` writes them anew; read the difference."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bt_console.model.change import Change
from tests.tui import district
from tests.tui.driving import SMALL, WIDE, shown
from tests.tui.lan import lan_change
from tests.tui.telling import told_change

FOLDER = Path(__file__).with_name("looks")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One screen in one situation."""

    name: str
    keys: tuple[str, ...] = ()
    is_calm: bool = False
    has_lan: bool = False
    is_told: bool = False
    language: str = "vi"
    is_wide_too: bool = False
    late_s: float = 0.0
    """How long ago the monitor fell silent."""

    def change(self) -> Change:
        """Return what the store holds."""
        if self.has_lan:
            return lan_change()
        if self.is_told:
            return told_change()
        return district.calm_change() if self.is_calm else district.broken_change()


SCENES = (
    Scene(name="overview", is_wide_too=True),
    Scene(name="overview-calm", is_calm=True),
    Scene(name="overview-en", language="en"),
    Scene(name="overview-stale", late_s=90, is_wide_too=True),
    Scene(name="overview-unfolded", keys=("end", "enter")),
    Scene(name="overview-filter", keys=("slash", *"state", "colon", *"suy", "enter")),
    Scene(name="unit", keys=("down", "enter"), is_wide_too=True),
    Scene(name="unit-scrolled", keys=("down", "enter", "end")),
    Scene(name="unit-en", keys=("down", "enter"), language="en"),
    Scene(name="unit-lan", keys=("down", "enter"), has_lan=True, is_wide_too=True),
    Scene(name="unit-lan-scrolled", keys=("down", "enter", "pagedown"), has_lan=True),
    Scene(name="unit-lan-end", keys=("down", "enter", "end"), has_lan=True),
    Scene(name="check", keys=("down", "enter", "down", "enter"), is_wide_too=True),
    Scene(name="services", keys=("3", "down", "down"), is_wide_too=True),
    Scene(name="incidents", keys=("4",), is_wide_too=True),
    Scene(name="incidents-en", keys=("4",), language="en"),
    Scene(name="incidents-told", keys=("4",), is_told=True, is_wide_too=True),
    Scene(name="incidents-told-end", keys=("4", "tab", "end"), is_told=True),
    Scene(name="oncall", keys=("7",), is_told=True, is_wide_too=True),
    Scene(name="oncall-end", keys=("7", "end"), is_told=True),
    Scene(name="oncall-en", keys=("7",), is_told=True, language="en"),
    Scene(name="oncall-bare", keys=("7",)),
    Scene(name="oncall-proof", keys=("7", *["down"] * 9, "enter"), is_told=True),
    Scene(name="help", keys=("question_mark",)),
    Scene(name="palette", keys=("colon", *"cao son")),
)


PICTURES = tuple((scene, size) for scene in SCENES for size in ((SMALL, WIDE) if scene.is_wide_too else (SMALL,)))


async def capture(scene: Scene, size: tuple[int, int]) -> str:
    """Return a scene's screen as text, line ends trimmed."""
    with tempfile.TemporaryDirectory() as folder:
        now = district.NOW + timedelta(seconds=scene.late_s)
        async with shown(Path(folder), scene.change(), size=size, language=scene.language, now=lambda: now) as running:
            await running.press(*(" " if key == " " else key for key in scene.keys))
            return "\n".join(line.rstrip() for line in running.lines()) + "\n"


def path_of(scene: Scene, size: tuple[int, int]) -> Path:
    """Return where a scene's golden text is kept."""
    return FOLDER / f"{scene.name}-{size[0]}x{size[1]}.txt"


def main() -> None:
    """Write all golden files."""
    FOLDER.mkdir(exist_ok=True)
    for scene, size in PICTURES:
        path_of(scene, size).write_text(asyncio.run(capture(scene, size)), encoding="utf-8")


if __name__ == "__main__":
    main()
