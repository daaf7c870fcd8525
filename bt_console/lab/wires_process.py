"""The process that carries every line of a lab; its parent tells it what to do."""

from __future__ import annotations

import gc

from bt_console.lab.child_side import ParentLine
from bt_console.lab.wires import Weather, Wires, open_device

_IDLE_S = 60.0


def main() -> None:
    """Carry frames until the parent is gone."""
    parent = ParentLine("bt-lab-wires")
    wires = Wires()
    wires.watch(parent.fileno())
    # Nothing here makes cycles, and a collection would be a pause every ping sees.
    gc.freeze()
    gc.disable()
    while True:
        if wires.run_once(_IDLE_S) and not _obey(parent, wires):
            return


def _obey(parent: ParentLine, wires: Wires) -> bool:
    """Do what the parent asks; False when it is gone."""
    order = parent.read()
    if order is None:
        return False
    for line, devices, calm in order.get("open", ()):
        near, far = (open_device(device) for device in devices)
        wires.join(line, near, far, Weather(**calm))
    for line, toward, back in order.get("change", ()):
        wires.change(line, Weather(**toward), Weather(**back))
    parent.answer({})
    return True


if __name__ == "__main__":
    main()
