"""Who is at the keyboard: what the journal says about an acknowledgement."""

from __future__ import annotations

import getpass
import os

from probes.api import clean


def who() -> str:
    """Return the login name and, over SSH, the client's address: `lan@10.20.1.5`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # No name for this uid (containers): the number still tells who.
        name = f"uid{os.getuid()}"
    remote = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    return clean(f"{name}@{remote}" if remote else name, 80)
