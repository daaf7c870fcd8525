"""The process in which apprise runs: `python -m bt_console.channels._apprise_process`, one letter each.

Apprise's threads outlive its own time-outs and its debug log holds tokens in the clear. So it gets a process that is
killed, whose log stops at warnings, and to which the URL comes through standard input.

In: one JSON object {"url", "title", "body", "timeout_s", "trust_file", "is_check"}. Out: lines of JSON, {"begun": true}
before anything is sent and at last {"status", "detail"}.

Source: https://appriseit.com (Apprise.instantiate, Apprise.notify, AppriseResult).
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
from typing import Any

MISSING, UNKNOWN = "missing", "unknown"
DETAIL_LENGTH = 2000


def main() -> None:
    """Read one request and carry it out."""
    request = json.load(sys.stdin)
    logging.getLogger().setLevel(logging.WARNING)
    logging.lastResort = None
    status, detail = _carried_out(request)
    _say({"status": status, "detail": detail[:DETAIL_LENGTH]})


def _carried_out(request: dict[str, Any]) -> tuple[str, str]:
    try:
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        return MISSING, ""
    if request["trust_file"]:
        _trust(request["trust_file"])
    service = apprise.Apprise.instantiate(request["url"], suppress_exceptions=True)
    if not service:
        return UNKNOWN, ""
    if request["is_check"]:
        return "success", ""
    # Its own four seconds would call a slow success a failure; the process's end is the limit.
    service.socket_connect_timeout = service.socket_read_timeout = request["timeout_s"]
    desk = apprise.Apprise(log_level=logging.WARNING)
    desk.add(service)
    _say({"begun": True})
    result = desk.notify(title=request["title"], body=request["body"], timeout=request["timeout_s"])
    texts = [entry.message for one in result.results for entry in one.logs()]
    return result.status.name.lower(), " ".join(texts)


def _trust(path: str) -> None:
    """Trust more authorities, beside those that come with apprise: its client takes one file, so both go into one."""
    usual = importlib.import_module("certifi").contents()
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - no pathlib in a process this short
        ours = file.read()
    memory = os.memfd_create("trusted")
    os.write(memory, f"{usual}\n{ours}".encode())
    os.environ["REQUESTS_CA_BUNDLE"] = f"/proc/self/fd/{memory}"


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
