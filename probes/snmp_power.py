"""Reads a UPS and the temperatures that an agent's sensors measure.

Source: RFC 1628 (UPS-MIB), RFC 3433 (ENTITY-SENSOR-MIB), RFC 6933 (entPhysicalName), net-snmp LM-SENSORS-MIB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes._wire.snmp_params import SnmpParams
from probes._wire.snmp_run import SNMP_FACTS, SNMP_MEASURES, poll
from probes._wire.snmp_session import Session
from probes._wire.snmp_socket import Value
from probes._wire.snmp_text import number, text
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

SENSORS_MAX = 256
_UPS = "1.3.6.1.2.1.33.1."
_MODEL, _STATUS, _ON_BATTERY_S, _MINUTES_LEFT = _UPS + "1.2.0", _UPS + "2.1.0", _UPS + "2.2.0", _UPS + "2.3.0"
_CHARGE_PERCENT, _BATTERY_CELSIUS, _SOURCE, _ALARMS = _UPS + "2.4.0", _UPS + "2.7.0", _UPS + "4.1.0", _UPS + "6.1.0"
_INPUT_VOLTS, _LOAD_PERCENT = _UPS + "3.3.1.3", _UPS + "4.4.1.5"
_STATUSES = {1: "unknown", 2: "batteryNormal", 3: "batteryLow", 4: "batteryDepleted"}
_SOURCES = {1: "other", 2: "none", 3: "normal", 4: "bypass", 5: "battery", 6: "booster", 7: "reducer"}

_SENSOR = "1.3.6.1.2.1.99.1.1.1."
_KIND, _SCALE, _PRECISION, _VALUE, _SENSOR_STATUS = (_SENSOR + str(column) for column in (1, 2, 3, 4, 5))
_PHYSICAL_NAME, _PHYSICAL_DESCR = "1.3.6.1.2.1.47.1.1.1.1.7", "1.3.6.1.2.1.47.1.1.1.1.2"
_LM_NAME, _LM_MILLICELSIUS = "1.3.6.1.4.1.2021.13.16.2.1.2", "1.3.6.1.4.1.2021.13.16.2.1.3"
_CELSIUS = 8
_UNITS = {3: "V AC", 4: "V DC", 5: "A", 6: "W", 7: "Hz", 8: "°C", 9: "%RH", 10: "rpm", 11: "m³/min", 12: "boolean"}
_SCALE_UNIT = 9
"""SensorDataScale of 1; each step is a factor of a thousand."""
_SENSOR_OK = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpPowerParams(SnmpParams):
    """Credentials."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One value something measures."""

    name: str
    unit: str
    value: float
    is_ok: bool


async def observe(address: str, params: SnmpPowerParams, ctx: ProbeContext) -> Reading:
    """Measure the agent at `host` or `host:port`."""

    async def work(session: Session, trace: Trace) -> str:
        has_ups = await _note_ups(session, trace)
        sensors = (*await _entity_sensors(session), *await _lm_sensors(session))[:SENSORS_MAX]
        if not has_ups and not sensors:
            raise ProbeFailure(
                FailureKind.MISMATCH,
                "the agent has neither a UPS (UPS-MIB) nor sensors (ENTITY-SENSOR-MIB)",
            )
        _note_sensors(sensors, trace)
        return ""

    return await poll(address, params, ctx, work)


async def _note_ups(session: Session, trace: Trace) -> bool:
    names = (_MODEL, _STATUS, _ON_BATTERY_S, _MINUTES_LEFT, _CHARGE_PERCENT, _BATTERY_CELSIUS, _SOURCE, _ALARMS)
    found = await session.get(names)
    if not found:
        return False
    scales = {
        "battery_charge_ratio": (_CHARGE_PERCENT, 0.01),
        "battery_runtime_s": (_MINUTES_LEFT, 60),
        "on_battery_s": (_ON_BATTERY_S, 1),
        "battery_celsius": (_BATTERY_CELSIUS, 1),
        "alarms_count": (_ALARMS, 1),
    }
    for measure, (name, factor) in scales.items():
        if isinstance(found.get(name), int):
            trace.measures[measure] = number(found[name]) * factor
    trace.facts["ups_model"] = text(found.get(_MODEL))
    trace.facts["battery_status"] = _STATUSES.get(number(found.get(_STATUS)), "unknown")
    trace.facts["output_source"] = _SOURCES.get(number(found.get(_SOURCE)), "other")
    trace.facts["is_on_battery"] = number(found.get(_SOURCE)) == 5 or number(found.get(_ON_BATTERY_S)) > 0
    await _note_lines(session, trace)
    return True


async def _note_lines(session: Session, trace: Trace) -> None:
    """The most loaded phase counts."""
    loads = [number(value) for value in (await session.column(_LOAD_PERCENT, SENSORS_MAX)).values()]
    if loads:
        trace.measures["load_ratio"] = max(loads) / 100
    volts = (await session.column(_INPUT_VOLTS, SENSORS_MAX)).values()
    trace.facts["input_volts"] = tuple(float(number(value)) for value in volts)


async def _entity_sensors(session: Session) -> list[Sensor]:
    kinds = await session.column(_KIND, SENSORS_MAX)
    if not kinds:
        return []
    columns = await session.columns((_SCALE, _PRECISION, _VALUE, _SENSOR_STATUS, _PHYSICAL_NAME), SENSORS_MAX * 8)
    names = columns[_PHYSICAL_NAME]
    if not any(text(names.get(index)) for index in kinds):
        names = await session.column(_PHYSICAL_DESCR, SENSORS_MAX * 8)
    return [_entity_sensor(index, number(kind), columns, names) for index, kind in kinds.items()]


def _entity_sensor(
    index: str, kind: int, columns: Mapping[str, Mapping[str, Value]], names: Mapping[str, Value]
) -> Sensor:
    scale = min(17, max(1, number(columns[_SCALE].get(index), _SCALE_UNIT)))
    precision = min(9, max(-8, number(columns[_PRECISION].get(index))))
    value = number(columns[_VALUE].get(index)) * 10.0 ** ((scale - _SCALE_UNIT) * 3 - precision)
    is_ok = number(columns[_SENSOR_STATUS].get(index), _SENSOR_OK) == _SENSOR_OK
    return Sensor(text(names.get(index)) or f"sensor {index}", _UNITS.get(kind, ""), value, is_ok)


async def _lm_sensors(session: Session) -> list[Sensor]:
    names = await session.column(_LM_NAME, SENSORS_MAX)
    values = await session.column(_LM_MILLICELSIUS, SENSORS_MAX) if names else {}
    return [
        Sensor(text(name) or f"sensor {index}", _UNITS[_CELSIUS], number(values.get(index)) / 1000, is_ok=True)
        for index, name in names.items()
        if index in values
    ]


def _note_sensors(sensors: tuple[Sensor, ...], trace: Trace) -> None:
    trace.facts |= {
        "sensor_name": tuple(sensor.name for sensor in sensors),
        "sensor_unit": tuple(sensor.unit for sensor in sensors),
        "sensor_value": tuple(sensor.value for sensor in sensors),
        "sensor_is_ok": tuple(sensor.is_ok for sensor in sensors),
    }
    hottest = [sensor.value for sensor in sensors if sensor.unit == _UNITS[_CELSIUS] and sensor.is_ok]
    if hottest:
        trace.measures["hottest_celsius"] = max(hottest)
    trace.measures["broken_sensors_count"] = float(sum(not sensor.is_ok for sensor in sensors))


PROBE = ProbeKind(
    name="snmp_power",
    params=SnmpPowerParams,
    observe=observe,
    measures={
        **SNMP_MEASURES,
        "battery_charge_ratio": "ratio",
        "battery_runtime_s": "seconds",
        "on_battery_s": "seconds",
        "load_ratio": "ratio",
        "battery_celsius": "degrees Celsius",
        "hottest_celsius": "degrees Celsius",
        "alarms_count": "alarms",
        "broken_sensors_count": "sensors",
    },
    facts={
        **SNMP_FACTS,
        "ups_model": str,
        "battery_status": str,
        "output_source": str,
        "is_on_battery": bool,
        "input_volts": tuple,
        "sensor_name": tuple,
        "sensor_unit": tuple,
        "sensor_value": tuple,
        "sensor_is_ok": tuple,
    },
    example="127.0.0.1:161 -p community=file:/etc/bt-console/snmp-community -p timeout_s=5",
    source="RFC 1628, RFC 3433, RFC 6933",
)
