"""Numbers of probes in the unit that fits them: `0,4 ms`, `3,1 days`, `12,5 Mbit/s`, `40,4 MB`.

Source: IEEE Std 260.1 and the SI brochure (prefixes are powers of 1000); a kind's own unit texts say what is measured.
"""

from __future__ import annotations

from bt_console.cli.times import decimal
from bt_console.words import tell

SECONDS, DAYS, BITS, OCTETS, RATIO, CELSIUS = "seconds", "days", "bit/s", "octets", "ratio", "degrees Celsius"
_BY_SUFFIX = (
    ("_per_s", "/s"),
    ("_ms", "milliseconds"),
    ("_bps", BITS),
    ("_octets", OCTETS),
    ("_ratio", RATIO),
    ("_celsius", CELSIUS),
    ("days_left", DAYS),
    ("_s", SECONDS),
)
_SPANS = ((86400, 48 * 3600.0, "d"), (3600, 7200.0, "h"), (60, 120.0, "m"), (1, 0.9995, "s"))
"""Size of a unit, from how many seconds on it is used, and its word."""
_PREFIXES = ("", "k", "M", "G", "T")


def unit_of(name: str, declared: str = "") -> str:
    """Return the unit text of a measure, or what the end of a name says of a fact."""
    return declared or next((unit for suffix, unit in _BY_SUFFIX if name.endswith(suffix)), "")


def figure(value: float, unit: str, language: str) -> str:
    """Return a number with its unit; units that only name what is counted are left to the measure's name."""
    if unit == SECONDS:
        return span(value, language)
    if unit == "milliseconds":
        return f"{short(value, language, 3)} ms"
    if unit in (BITS, OCTETS):
        return scaled(value, "bit/s" if unit == BITS else "B", language)
    if unit == RATIO:
        return percent(value, language)
    if unit == DAYS:
        return tell(language, "cli.age.d", n=short(value, language, 1))
    if unit == CELSIUS:
        return f"{short(value, language, 1)} °C"
    return f"{short(value, language, 4)}{' /s' if unit.endswith('/s') else ''}"


def span(seconds: float, language: str) -> str:
    """Return a duration: milliseconds below a second, then seconds, minutes, hours and days as it grows."""
    for size, least, word in _SPANS:
        if abs(seconds) >= least:
            digits = 3 if size == 1 and abs(seconds) < 10 else 1
            return tell(language, f"cli.age.{word}", n=short(seconds / size, language, digits))
    return f"{decimal(seconds * 1000, 3, language)} ms"


def scaled(value: float, unit: str, language: str) -> str:
    """Return a number with a decimal prefix before its unit."""
    power = 0
    while abs(value) >= 999.95 and power < len(_PREFIXES) - 1:
        value, power = value / 1000, power + 1
    return f"{short(value, language, 1)} {_PREFIXES[power]}{unit}"


def percent(ratio: float, language: str) -> str:
    """Return a ratio in percent; a small one is never shown as none."""
    if 0 < ratio < 0.0005:
        return f"<{decimal(0.1, 1, language)} %"
    return f"{decimal(ratio * 100, 1, language)} %"


def short(value: float, language: str, digits: int) -> str:
    """Return a number with at most so many decimals, none for a whole one."""
    return decimal(value, 0 if float(value).is_integer() else digits, language)
