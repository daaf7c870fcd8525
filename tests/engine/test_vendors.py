"""Vendors come from a registry on this machine, loaded only where something lists MACs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bt_console.engine.vendors import VENDOR_LENGTH_LIMIT, vendor_of

PROGRAM = """
import sys
from bt_console.engine import supervisor, vendors
from bt_console.store.reader import NO_INVENTORY
vendors.prepare(NO_INVENTORY)
assert vendors.vendor_of("52:54:00:00:00:01") == ""
print("netaddr" in sys.modules)
vendors.vendor_of("00:50:56:00:00:01")
print("netaddr" in sys.modules)
"""


@pytest.mark.parametrize(
    ("mac", "vendor"),
    [
        ("00:50:56:12:34:56", "VMware, Inc."),
        ("00:00:0c:00:00:01", "Cisco Systems, Inc"),
        ("02:50:56:12:34:56", ""),
        ("70:b3:d5:00:10:33", ""),
        ("fc:ff:ff:00:00:00", ""),
    ],
)
def test_a_vendor_is_named_where_the_registry_knows_one(mac: str, vendor: str) -> None:
    assert vendor_of(mac) == vendor
    assert len(vendor_of(mac)) <= VENDOR_LENGTH_LIMIT


def test_the_registry_is_not_loaded_before_it_is_needed() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "True"]
