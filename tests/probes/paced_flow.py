"""Sends datagrams of one size at an even pace and prints how many went out and how late the latest one was.

    python -m tests.probes.paced_flow HOST PORT COUNT RATE_PER_S
Each datagram has its instant counted from the first one's, so that a sender held up catches up.
"""

from __future__ import annotations

import json
import socket
import sys
import time

PAYLOAD_OCTETS = 1000
FRAME_OCTETS = PAYLOAD_OCTETS + 8 + 20 + 14
"""What an interface counts: with the UDP, IPv4 and Ethernet headers, without the check sequence."""


def main(host: str, port: int, count: int, rate_per_s: float) -> None:
    latest_s = 0.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((host, port))
        started_at = time.monotonic()
        for number in range(count):
            wait_s = started_at + number / rate_per_s - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            latest_s = max(latest_s, -wait_s)
            sender.send(bytes(PAYLOAD_OCTETS))
    sys.stdout.write(json.dumps({"sent_count": count, "latest_s": latest_s}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
