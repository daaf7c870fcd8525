"""The far end of a path whose delays, losses and duplicates are planned packet by packet.

    python -m tests.probes.planned_path
A kernel without netem shapes nothing, so the neighbour on `far` does: the n-th request to an address by one sender is
answered by the n-th step of that address's plan. Says READY on a line of its own and goes on until it is killed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping

from tests.probes.icmp_playground import Answer, Neighbours

READY = "answering"
COUNT = 20
TIMEOUT_S = 1.0
SPACING_S = 0.02
Step = tuple[float, ...]
"""How much later a request is answered, once for each answer; none = lost."""
_LOST: Step = ()
_TOO_LATE: Step = (TIMEOUT_S + 0.05,)
STEADY, JITTERY, LOSSY, LATE, SILENT = range(5)
PLANS: Mapping[int, tuple[Step, ...]] = {
    STEADY: ((0.02,),) * COUNT,
    # Steps of up to 60 ms, more than the spacing: some replies overtake others.
    JITTERY: tuple((0.005 + number * 7 % 13 / 200,) for number in range(COUNT)),
    LOSSY: tuple(_LOST if number in (0, 4, 5, 11, COUNT - 1) else (0.01,) for number in range(COUNT)),
    # The last one is lost, so that the late replies come while it is still awaited.
    LATE: ((0.015,),) * 2 + (_TOO_LATE,) * 2 + ((0.015, 0.03),) * 3 + ((0.015,),) * (COUNT - 8) + (_LOST,),
    SILENT: (_LOST,) * COUNT,
}
"""By the last digit of the address asked."""


def address_of(sender: int, plan: int) -> str:
    """Return the address that answers one of several senders by a plan: each has addresses of its own."""
    return f"10.9.0.{100 + 10 * sender + plan}"


class PlannedPath(Neighbours):
    """Answers pings of every address by its plan; ARP as all neighbours do."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Counter[bytes] = Counter()

    def _answers(self, frame: bytes) -> list[Answer]:
        answers = super()._answers(frame)
        if not answers or frame[12:14] != b"\x08\x00":
            return answers
        steps = PLANS[frame[33] % 10]
        who = frame[30:34] + frame[38:40]
        number = self._asked[who]
        self._asked[who] += 1
        return [(delay_s, answer) for _, answer in answers for delay_s in steps[number % len(steps)]]


def main() -> None:
    path = PlannedPath()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    path.run()


if __name__ == "__main__":
    main()
