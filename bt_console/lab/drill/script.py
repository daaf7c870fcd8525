"""Which faults a drill plays, with which arguments, and how: plain values from what the lab has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from bt_console.lab.drill.expected import EXPECTED, Expectation, expectation
from bt_console.lab.errors import LabError
from bt_console.lab.faults import discover, effects_of
from bt_console.lab.plan import Names

FLAP = "link-flap"
"""A line that goes and comes: played by cutting and restoring it again and again."""
FLAP_DOWN_S, FLAP_UP_S = 15.0, 15.0
NOISE = "noise:1%:5ms"
_FLAPPING = frozenset({FLAP, "port-flap"})
QUICK_STAY_S = 20.0
"""The longest a quick drill watches a fault after the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One fault as it is played."""

    spec: str
    """As it is called in the table."""
    fault: str
    """What the lab is told to break."""
    expected: Expectation
    is_flapping: bool = False
    spread_s: float = 5.0
    """It comes at a random instant of the schedule of measurements."""
    tail_s: float = 5.0
    """Watched after the last expected word: a storm comes late."""


def everything(names: Names, dice: Random, *, is_quick: bool = False) -> tuple[str, ...]:
    """Return a specification of every fault this lab can play, with units drawn at random.

    A quick drill leaves out what comes and goes: where recoveries are told so soon, each return is news.
    """
    kinds = [name for name in (*discover(), FLAP) if name in EXPECTED and not (is_quick and name in _FLAPPING)]
    return tuple(spec for name in kinds for spec in _specs(name, names, dice))


def _specs(name: str, names: Names, dice: Random) -> list[str]:
    if name in ("link-down", "loss", "delay", "link-saturated", FLAP):
        paths = ("tslcd",) if name in ("link-saturated", FLAP) else ("tslcd", "internet")
        amount = {"loss": ":20%", "delay": ":300ms"}.get(name, "")
        return [f"{name}:{path}:{dice.choice(units)}{amount}" for path in paths if (units := names.units(path))]
    if name == "noise":
        return [NOISE]
    values = discover()[name].values(names)
    return [":".join((name, *_chosen(name, values, dice)))] if all(values) else []


_FIXED = {
    "service-down": "qlvb",
    "service-500": "motcua",
    "service-slow": "qlvb",
    "service-wrong-content": "dichvucong",
    "cert-expired": "qlvb",
    "cert-revoked": "kyso",
    "hostile-banner": "mail",
    "clock-skew": "dns",
}
"""The example's services, so that each kind is broken once; elsewhere the first there is."""
_AMOUNTS = {"service-slow": ("4s",), "clock-skew": ("5m",)}


def _chosen(name: str, values: Sequence[Sequence[str]], dice: Random) -> Iterable[str]:
    if not values:
        return ()
    wished = _FIXED.get(name)
    first = (wished if wished in values[0] else values[0][0]) if wished else dice.choice(list(values[0]))
    return (first, *_AMOUNTS.get(name, ()))


def plays(specs: Iterable[str], names: Names, *, is_quick: bool) -> tuple[Play, ...]:
    """Return how specifications are played. Raises LabError for what makes no sense, or no judge knows."""
    made = (_play(spec, names) for spec in specs)
    return tuple(_shortened(play) if is_quick else play for play in made)


def soak(minutes: float, names: Names) -> Play:
    """Return noise on every line for so many minutes."""
    play = _play(NOISE, names)
    return replace(play, expected=replace(play.expected, stay_s=minutes * 60))


def _shortened(play: Play) -> Play:
    stay_s = min(play.expected.stay_s, QUICK_STAY_S)
    return replace(play, expected=replace(play.expected, stay_s=stay_s))


def _play(spec: str, names: Names) -> Play:
    name, _, rest = spec.partition(":")
    is_flapping = name == FLAP
    fault = f"link-down:{rest}" if is_flapping else spec
    effects_of(fault, names)
    expected = expectation(spec, names)
    if expected is None:
        raise LabError("lab.drill.no_judge", spec=spec)
    return Play(spec=spec, fault=fault, expected=expected, is_flapping=is_flapping)
