"""The process that makes things happen on LANs: `python -m bt_console.lab.lan.process`, told by its parent what."""

from __future__ import annotations

from bt_console.lab.child_side import ParentLine
from bt_console.lab.lan.scene import Scene
from bt_console.lab.loop import Loop
from bt_console.words import message


class Orders:
    """The parent's line, and whether it is still there."""

    def __init__(self, parent: ParentLine, loop: Loop) -> None:
        self._parent, self._loop = parent, loop
        self._scene: Scene | None = None
        self.is_open = True

    def obey(self) -> None:
        """Do what the parent asks."""
        order = self._parent.read()
        if order is None:
            self.is_open = False
            return
        try:
            if "open" in order:
                self._scene = Scene(order["open"], self._loop)
            if self._scene is not None and "change" in order:
                self._scene.change(order["change"]["lans"], set(order["change"]["saturated"]))
        except OSError as error:
            self._parent.answer({"error": message("lab.cannot_serve", why=error)})
        else:
            self._parent.answer({})


def main() -> None:
    """Serve until the parent is gone."""
    parent = ParentLine("bt-lab-lan")
    loop = Loop()
    orders = Orders(parent, loop)
    loop.watch(parent.fileno(), orders.obey)
    while orders.is_open:
        loop.run_once()


if __name__ == "__main__":
    main()
