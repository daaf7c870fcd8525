"""Pieces of what notices say: places, impact, lengths of time, plain letters, cuts that spare whole letters; pure.

Source: 3GPP TS 23.038 (the default alphabet of SMS: what is plain here takes one septet each).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import Inventory, Role, UnitId, UnitKind
from bt_console.words import say, tell
from probes.api import clean

NAMES_MAX = 17
"""A whole district's communes; of more names the rest is counted."""
TEXT_LIMIT = 300
_PREFIXES = ("Thị trấn ", "Phường ", "Xã ")
_ADMINISTRATIVE = frozenset(
    ("huyện", "quận", "thị", "xã", "thành", "phố", "tỉnh", "district", "city", "province", "town", "the", "of")
)
_ACCESS = frozenset({Role.LAN, Role.INTERNET, Role.TSLCD, Role.HUB})
_SPOKEN = frozenset(
    {CauseKind.EXTERNAL_ALERT, CauseKind.HEARTBEAT_MISSED, CauseKind.CANNOT_MEASURE, CauseKind.FLAPPING}
)
"""Kinds whose name alone says too little: their own sentence is used."""
_PLAIN = str.maketrans(
    {"đ": "d", "Đ": "D", "·": "-", "–": "-", "—": "-", "→": ">", "…": "..", "“": '"', "”": '"', "’": "'", "`": "'"}
    | dict.fromkeys("[{", "(")
    | dict.fromkeys("]}", ")")
    | dict.fromkeys("|\\^~", "-")
)


def one_line(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())


def cut(text: str, limit: int) -> str:
    """Return a line of at most `limit` characters, never half of a letter, with … where something is lost."""
    whole = unicodedata.normalize("NFC", one_line(text))
    if len(whole) <= limit:
        return whole
    end = limit - 1
    while end > 0 and (unicodedata.category(whole[end])[0] == "M" or "\u200d" in whole[end - 1 : end + 1]):
        end -= 1
    return whole[:end].rstrip(" ,;:.-") + "…"


def plain(text: str) -> str:
    """Return text in letters that take one septet each: no tone marks, nothing SMS would have to escape."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M")
    return one_line(bare.translate(_PLAIN).encode("ascii", "replace").decode("ascii"))


def clock(at: datetime, timezone: str) -> str:
    """Return an instant as the local clock and calendar show it."""
    return at.astimezone(ZoneInfo(timezone)).strftime("%H:%M %d/%m")


def span(start: datetime, end: datetime, timezone: str) -> str:
    """Return `07:41-07:46 25/11`, or both dates where they differ."""
    first, last = clock(start, timezone), clock(end, timezone)
    return f"{first[:5]}-{last}" if first[5:] == last[5:] else f"{first} - {last}"


def lasted(language: str, seconds: float) -> str:
    """Return a length of time as people say it."""
    left = max(0, round(seconds))
    if left < 60:
        return tell(language, "oncall.lasted.s", n=left)
    if left < 7200:
        return tell(language, "oncall.lasted.m", n=left // 60)
    hours, minutes = left // 3600, left % 3600 // 60
    if minutes and hours < 24:
        return tell(language, "oncall.lasted.hm", n=hours, m=minutes)
    return tell(language, "oncall.lasted.h", n=hours)


def initials(district: str) -> str:
    """Return what stands for a district in an SMS: `Huyện Bạch Thông` is BT."""
    words = [word for word in district.split() if word.casefold() not in _ADMINISTRATIVE]
    return plain("".join(word[0] for word in words[:4])).upper() or "BT"


def short_name(name: str) -> str:
    """Return a commune's name without the word for what it is."""
    return next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)


def unit_name(inventory: Inventory, unit_id: UnitId) -> str:
    """Return a unit's name, or its id where it is configured no more."""
    unit = inventory.units.get(unit_id)
    return unit.name if unit else unit_id


def place(inventory: Inventory, incident: Incident) -> str:
    """Return where it is in a few words: the unit of a line, else the thing itself."""
    cause = incident.cause
    target = inventory.targets.get(cause.target_id)
    unit = short_name(unit_name(inventory, cause.unit_id))
    if target is None or target.role in _ACCESS:
        return unit
    return f"{unit}, {target.name}" if target.role is Role.DEVICE else target.name


def where(inventory: Inventory, incident: Incident) -> str:
    """Return the place with its full name."""
    target = inventory.targets.get(incident.cause.target_id)
    unit = unit_name(inventory, incident.cause.unit_id)
    if target is None or target.role in _ACCESS or target.role is Role.DEVICE:
        return unit
    return target.name


def matter(language: str, incident: Incident) -> str:
    """Return what it is in a few words."""
    if incident.cause.kind in _SPOKEN:
        return sentence(language, incident)
    return tell(language, f"kind.{incident.cause.kind}")


def sentence(language: str, incident: Incident) -> str:
    """Return the one-line explanation."""
    return one_line(clean(say(language, incident.cause.message), TEXT_LIMIT))


def carrier(language: str, inventory: Inventory, incident: Incident) -> str:
    """Return whose line it is, where that is configured: whom to call."""
    target = inventory.targets.get(incident.cause.target_id)
    isp = target.labels.get("isp", "") if target and target.role in _ACCESS else ""
    return tell(language, "oncall.carrier", isp=isp) if isp else ""


def impact(language: str, inventory: Inventory, incident: Incident) -> str:
    """Return who loses something by it, by name; empty where it is only what the first line says."""
    hurt = incident.impact
    kinds = {unit_id: unit.kind for unit_id, unit in inventory.units.items()}
    offices = [u for u in hurt.units if kinds.get(u) is UnitKind.DEPARTMENT]
    communes = [u for u in hurt.units if kinds.get(u) in (UnitKind.COMMUNE, UnitKind.TOWN)]
    services = [s for s in hurt.services if s != incident.cause.target_id]
    parts = []
    if communes != [incident.cause.unit_id]:
        parts += _named(language, "communes", [short_name(unit_name(inventory, u)) for u in communes])
    parts += _named(language, "departments", [unit_name(inventory, u) for u in offices])
    parts += _named(language, "services", [inventory.targets[s].name for s in services if s in inventory.targets])
    return "; ".join(parts)


def counted(language: str, inventory: Inventory, incident: Incident) -> str:
    """Return how many communes lose something by it, where it is more than one."""
    kinds = {unit_id: unit.kind for unit_id, unit in inventory.units.items()}
    count = sum(kinds.get(u) in (UnitKind.COMMUNE, UnitKind.TOWN) for u in incident.impact.units)
    return tell(language, "oncall.count.communes", n=count) if count > 1 else ""


def _named(language: str, code: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(clean(name) for name in names[:NAMES_MAX])
    more = ", …" if len(names) > NAMES_MAX else ""
    counted = f"oncall.count.{code}" if len(names) > 1 else f"oncall.count.{code}.one"
    return [f"{tell(language, counted, n=len(names))}: {shown}{more}"]


def joined(parts: Iterable[str]) -> str:
    """Return the parts that say anything, with dots between."""
    return " · ".join(part for part in parts if part)
