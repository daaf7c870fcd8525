"""Who bought the first octets of a MAC, from a registry that comes with a library: nothing is asked of any network.

The registry takes a third of a second to load, so it is loaded beforehand, in a thread, where something lists MACs.
Source: IEEE MA-L registry, as packaged by netaddr.
"""

from __future__ import annotations

from functools import lru_cache

import probes
from bt_console.model.device import is_local
from bt_console.model.inventory import Inventory
from probes.api import clean

VENDOR_LENGTH_LIMIT = 60
_SUBLET = "IEEE Registration Authority"
"""Owner of blocks that many small vendors share: it made no device."""
_ANY_LISTED = "00:00:0c"


def prepare(inventory: Inventory) -> None:
    """Load the registry if any check of an inventory lists MACs. May take a while: call it from a thread."""
    if any("mac" in probes.load(check.probe).facts for check in inventory.checks.values()):
        _owner(_ANY_LISTED)


def vendor_of(mac: str) -> str:
    """Return the vendor of a MAC; empty when nobody has those octets, or when the MAC is made up."""
    return "" if is_local(mac) else _owner(mac[:8])


@lru_cache(maxsize=8192)
def _owner(octets: str) -> str:
    # Only a monitor that sees MACs pays for this: 20 MB and a third of a second.
    from netaddr import OUI, AddrFormatError, NotRegisteredError

    try:
        owner = OUI(octets.replace(":", "-")).registration().org
    except (AddrFormatError, NotRegisteredError):
        return ""
    return "" if owner == _SUBLET else clean(owner, VENDOR_LENGTH_LIMIT)
