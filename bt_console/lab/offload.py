"""Switches off a device's offloads, so that frames taken from it carry finished checksums and fit the MTU.

Source: linux/sockios.h (SIOCETHTOOL), linux/ethtool.h (struct ethtool_value and the legacy set commands).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_SET_RX_CHECKSUM = 0x15
_SET_TX_CHECKSUM = 0x17
_SET_SCATTER_GATHER = 0x19
_SET_TSO = 0x1F
_SET_GSO = 0x24
_SET_GRO = 0x2C
_COMMANDS = (_SET_TSO, _SET_GSO, _SET_GRO, _SET_SCATTER_GATHER, _SET_TX_CHECKSUM, _SET_RX_CHECKSUM)
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.EINVAL)
"""A device without a feature has nothing to switch off."""


def disable_offloads(device: str) -> None:
    """Make a device of the present network namespace send and receive plain frames."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in _COMMANDS:
            value = ctypes.create_string_buffer(struct.pack("=II", command, 0))
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            try:
                fcntl.ioctl(any_socket, _SIOCETHTOOL, request)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
