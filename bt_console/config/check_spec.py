"""What is said about checks, and what every section of the file has in common.

Checks are named by their probe, so that params and thresholds are read by the kind they are for.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

import probes
from bt_console.config import quantity
from bt_console.config.errors import did_you_mean
from bt_console.config.kinds import read_params, read_thresholds
from bt_console.config.quantity import shown
from bt_console.config.values import KOfN, Line, Quantity, Whole, between, complaint, complaints
from bt_console.model.health import SAMPLES_KEPT
from bt_console.model.inventory import Threshold

PROBE_KEY = "(probe)"
"""Where a check's probe name travels from its key into the check itself."""


class Spec(BaseModel):
    """A section of the file: `X_s: 2.5` may be written `X: 2.5s`, and so on for every unit."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            raise complaint(f"must be a section, not {shown(written)}", "write `key: value` lines below it")
        return quantity.lengthen(written, frozenset(cls.model_fields))


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise complaint(f"must be true or false, not {shown(value)}", "write true or false without quotes")


Switch = Annotated[bool, BeforeValidator(_switch)]


class CheckSpec(Spec):
    """What one layer says about one check; None where it says nothing."""

    probe: str = Field(alias=PROBE_KEY)
    enabled: Switch | None = None
    decides: Switch | None = None
    interval_s: Annotated[Quantity, between(1, 86400, ("1s", "1d"))] | None = None
    timeout_s: Annotated[Quantity, between(0.05, 300, ("50ms", "5m"))] | None = None
    down: KOfN | None = None
    up: Annotated[Whole, between(1, SAMPLES_KEPT, ("1", str(SAMPLES_KEPT)))] | None = None
    address: Line | None = None
    """What the probe gets; {address}, {endpoint}, {host}, {port} and {url} stand for the target's own."""
    params: dict[str, Any] = Field(default_factory=dict)
    thresholds: dict[str, Threshold | None] = Field(default_factory=dict)

    @field_validator("probe")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in probes.names():
            raise complaint(f"unknown probe `{name}`", did_you_mean(name, probes.names()))
        return name

    @field_validator("params", mode="before")
    @classmethod
    def _params(cls, written: Any, info: ValidationInfo) -> dict[str, Any]:
        return read_params(info.data["probe"], written) if "probe" in info.data else {}

    @field_validator("thresholds", mode="before")
    @classmethod
    def _thresholds(cls, written: Any, info: ValidationInfo) -> dict[str, Threshold | None]:
        return read_thresholds(info.data["probe"], written) if "probe" in info.data else {}


def _name_probes(written: Any) -> Any:
    if not isinstance(written, dict):
        raise complaint(f"must be a section, not {shown(written)}", "write `icmp_echo: {interval: 10s}` below it")
    empty: dict[str, Any] = {}
    named = {}
    for key, spec in written.items():
        body = empty if spec is None else spec
        named[key] = {**body, PROBE_KEY: key.partition(":")[0]} if isinstance(body, dict) else body
    return named


Checks = Annotated[dict[str, CheckSpec], BeforeValidator(_name_probes)]


def _role_checks(written: Any, roles: tuple[str, ...]) -> Any:
    if isinstance(written, dict):
        unknown = [role for role in written if role not in roles]
        if unknown:
            raise complaints(
                ((role, "[key]"), complaint(f"no role `{role}` here", did_you_mean(role, roles))) for role in unknown
            )
    return written


def role_checks(*roles: str) -> BeforeValidator:
    """Return a validator of a section of checks by role."""
    return BeforeValidator(lambda written: _role_checks(written, roles))
