"""Lays the layers of a target's checks over one another: built in, defaults of the role, unit, target."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import probes
from bt_console.config.check_spec import CheckSpec
from bt_console.config.errors import ConfigProblem
from bt_console.config.places import Place
from bt_console.config.sections import POSTURE, Layer
from bt_console.config.yaml_reader import Document, Loc
from bt_console.model.inventory import Check, CheckId, Threshold
from probes.api import ProbeKind

FALLBACK_INTERVAL_S = 60.0
"""Of a check that no layer gives an interval."""
_VARIABLE = re.compile(
    r"\{(address|endpoint|host|port|url|host_address|record|time_server|lan_interface|lan_subnet"
    r"|nameserver|mail_domain|ocsp|crl|tsa|certificate_of)\}"
)
T = TypeVar("T")


@dataclass(slots=True)
class _Said:
    """What all layers say about one check, lowest first."""

    specs: list[CheckSpec] = field(default_factory=list)
    locs: list[Loc | None] = field(default_factory=list)
    variables: Mapping[str, str] = field(default_factory=dict)

    def last(self, name: str, otherwise: T) -> T:
        """Return a field's value in the uppermost layer that has one."""
        values = (getattr(spec, name) for spec in reversed(self.specs))
        found: T = next((value for value in values if value is not None), otherwise)
        return found

    def loc(self, name: str) -> Loc | None:
        """Return where the file last says a field, or last speaks of the check at all."""
        written = [(s, at) for s, at in zip(self.specs, self.locs, strict=True) if at is not None]
        for spec, at in reversed(written):
            if getattr(spec, name) not in (None, {}):
                return (*at, name)
        return written[-1][1] if written else None

    def is_written(self, name: str) -> bool:
        """Tell whether the file itself, not only the built-in defaults, gives a field."""
        pairs = zip(self.specs, self.locs, strict=True)
        return any(at is not None and getattr(spec, name) is not None for spec, at in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckBuilder:
    """Builds the checks of places, collecting problems."""

    document: Document
    problems: list[ConfigProblem] = field(default_factory=list)

    def build(self, places: Iterable[Place]) -> Iterator[Check]:
        """Yield every enabled check of every place."""
        for place in places:
            for key, said in _gathered(place).items():
                if said.last("enabled", True) and not _is_pointless(place, key, said):
                    check = self._check(place, key, said)
                    if check is not None:
                        yield check

    def _check(self, place: Place, key: str, said: _Said) -> Check | None:
        kind = probes.load(key.partition(":")[0])
        interval_s = said.last("interval_s", FALLBACK_INTERVAL_S)
        timeout_s = said.last("timeout_s", kind.timeout_s)
        if not said.is_written("timeout_s"):
            timeout_s = min(timeout_s, interval_s)
        down, up = said.last("down", (2, 2)), said.last("up", 2)
        address = self._address(place, key, said)
        params = self._params(place, key, said, timeout_s)
        if timeout_s > interval_s:
            message = f"timeout {timeout_s:g}s of {key} is longer than its interval {interval_s:g}s"
            self._report(place, said, "timeout_s", message, "shorten the timeout or lengthen the interval")
        if address is None or params is None:
            return None
        return Check(
            id=CheckId(f"{place.target.id}:{key}"),
            target_id=place.target.id,
            probe=kind.name,
            address=address,
            params=params,
            interval_s=float(interval_s),
            timeout_s=float(timeout_s),
            down_k=down[0],
            down_n=down[1],
            up_k=up,
            thresholds=_thresholds(said),
            decides=said.last("decides", kind.name not in POSTURE),
        )

    def _address(self, place: Place, key: str, said: _Said) -> str | None:
        template = said.last("address", "{address}")
        unknown = {name for name in _VARIABLE.findall(template) if name not in said.variables}
        if unknown:
            name = sorted(unknown)[0]
            known = ", ".join(f"{{{known}}}" for known in sorted(said.variables))
            self._report(
                place, said, "address", f"{{{name}}} means nothing for {place.target.role} targets", f"known: {known}"
            )
            return None
        return str(_filled(template, said.variables))

    def _params(self, place: Place, key: str, said: _Said, timeout_s: float) -> Any:
        kind = probes.load(key.partition(":")[0])
        given: dict[str, Any] = {}
        for spec in said.specs:
            given |= spec.params
        given = {name: _filled(value, said.variables) for name, value in given.items()}
        if given.get("timeout_s", 0) > timeout_s:
            message = f"param timeout {given['timeout_s']:g}s of {key} is longer than the check's own {timeout_s:g}s"
            self._report(place, said, "params", message, "write `timeout:` beside `params`, not in it")
        given = _own_timeout(kind, said, timeout_s) | given
        try:
            return kind.params(**given)
        except ValueError as error:
            self._report(place, said, "params", f"params of {key}: {error}", "or delete it to get the default")
            return None

    def _report(self, place: Place, said: _Said, name: str, message: str, hint: str) -> None:
        loc = said.loc(name) or place.loc
        if loc not in self.document.keys and name.endswith("_s"):
            loc = (*loc[:-1], name.removesuffix("_s"))
        self.problems.append(self.document.problem(loc, message, hint))


def _own_timeout(kind: ProbeKind, said: _Said, timeout_s: float) -> dict[str, float]:
    """Return the check's timeout for a probe that takes one as a param too, unless its own default is shorter."""
    own: list[Any] = [field.default for field in dataclasses.fields(kind.params) if field.name == "timeout_s"]
    return {"timeout_s": float(min(said.last("timeout_s", own[0]), timeout_s))} if own else {}


def _gathered(place: Place) -> dict[str, _Said]:
    """Return what is said about each check of a place, lowest layer first."""
    found: dict[str, _Said] = {}
    for layer in place.layers:
        # What is said about one of several comes after what is said about all of them.
        for written, key, spec in sorted(_spread(place, layer), key=lambda entry: _is_one_of_several(place, entry[0])):
            said = found.setdefault(key, _Said())
            said.specs.append(spec)
            said.locs.append(None if layer.loc is None else (*layer.loc, written))
            probe, _, suffix = key.partition(":")
            said.variables = {**place.variables, **place.variants.get(probe, {}).get(suffix, {})}
    return found


def _spread(place: Place, layer: Layer) -> Iterator[tuple[str, str, CheckSpec]]:
    """Yield what a layer says, as it is written and for which check: for a probe asked several times, for each."""
    for key, spec in layer.checks.items():
        if key in place.variants:
            yield from ((key, f"{key}:{suffix}", spec) for suffix in place.variants[key])
        else:
            yield key, key, spec


def _is_one_of_several(place: Place, written: str) -> bool:
    probe, colon, _ = written.partition(":")
    return bool(colon) and probe in place.variants


def _is_pointless(place: Place, key: str, said: _Said) -> bool:
    """Tell whether a built-in check does not fit: a certificate where the URL has none."""
    is_plain = place.variables.get("url", "").startswith("http:")
    return is_plain and key == "tls_handshake" and all(loc is None for loc in said.locs)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), value)
    return tuple(_filled(item, variables) for item in value) if isinstance(value, tuple) else value


def _thresholds(said: _Said) -> tuple[Threshold, ...]:
    merged: dict[str, Threshold | None] = {}
    for spec in said.specs:
        merged |= spec.thresholds
    return tuple(threshold for threshold in merged.values() if threshold is not None)
