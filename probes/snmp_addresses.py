"""Asks a router or another machine whether it forwards, which addresses are its own, and where its ways out are.

A machine that forwards and has addresses of two networks joins them, whatever either network's owner believes.
Source: RFC 4293 (IP-MIB), RFC 4292 (IP-FORWARD-MIB), RFC 1213 (their forerunners).
"""

from __future__ import annotations

from dataclasses import dataclass

from probes._wire.snmp_ip_tables import DefaultRoute, IpTables, OwnAddress, read_ip_tables
from probes._wire.snmp_params import SnmpParams
from probes._wire.snmp_run import SNMP_FACTS, SNMP_MEASURES, poll
from probes._wire.snmp_session import Session
from probes._wire.trace import Trace
from probes.api import Fact, FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpAddressesParams(SnmpParams):
    """Credentials."""


async def observe(address: str, params: SnmpAddressesParams, ctx: ProbeContext) -> Reading:
    """Measure the agent at `host` or `host:port`."""
    return await poll(address, params, ctx, _ask)


async def _ask(session: Session, trace: Trace) -> str:
    tables = await read_ip_tables(session)
    if tables.is_forwarding is None and not tables.addresses:
        raise ProbeFailure(FailureKind.MISMATCH, "the agent shows no addresses (IP-MIB), or its access list hides them")
    if tables.is_forwarding is not None:
        trace.facts["ip_forwarding"] = tables.is_forwarding
    if tables.is_forwarding_6 is not None:
        trace.facts["ipv6_forwarding"] = tables.is_forwarding_6
    trace.facts |= {**_own_columns(tables.addresses, tables), **_default_columns(tables.defaults, tables)}
    trace.measures |= {
        "addresses_count": float(tables.addresses_count),
        "defaults_count": float(len(tables.defaults)),
        "cut_count": float(tables.addresses_count - len(tables.addresses)),
    }
    return ""


def _own_columns(addresses: tuple[OwnAddress, ...], tables: IpTables) -> dict[str, Fact]:
    return {
        "own_if_index": tuple(one.if_index for one in addresses),
        "own_if_name": tuple(tables.if_names[one.if_index] for one in addresses),
        "own_address": tuple(one.ip for one in addresses),
        "own_prefix_length": tuple(one.prefix_length for one in addresses),
    }


def _default_columns(routes: tuple[DefaultRoute, ...], tables: IpTables) -> dict[str, Fact]:
    return {
        "default_gateway": tuple(route.gateway for route in routes),
        "default_if_index": tuple(route.if_index for route in routes),
        "default_if_name": tuple(tables.if_names[route.if_index] for route in routes),
    }


_NOTHING = IpTables(is_forwarding=None, is_forwarding_6=None, addresses=(), addresses_count=0, defaults=(), if_names={})

PROBE = ProbeKind(
    name="snmp_addresses",
    params=SnmpAddressesParams,
    observe=observe,
    measures={
        **SNMP_MEASURES,
        "addresses_count": "addresses",
        "defaults_count": "routes",
        "cut_count": "rows",
    },
    facts={
        **SNMP_FACTS,
        "ip_forwarding": bool,
        "ipv6_forwarding": bool,
        **dict.fromkeys(_own_columns((), _NOTHING), tuple),
        **dict.fromkeys(_default_columns((), _NOTHING), tuple),
    },
    example="127.0.0.1:161 -p community=file:/etc/bt-console/snmp-community -p timeout_s=5",
    source="RFC 4293, RFC 4292, RFC 1213",
)
