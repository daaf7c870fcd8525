"""The credentials of one lab's agents: made at its start, given to the monitor as files, gone with the lab.

run_dir/secrets/snmp-community    version 2c, every agent, and their notifications
run_dir/secrets/snmp-auth-key     version 3, the core, and every agent where the configuration says so: user
                                  `bt-console`, SHA-256
run_dir/secrets/snmp-priv-key     the same user, AES-128
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

SNMP_USER = "bt-console"
COMMUNITY_FILE, AUTH_KEY_FILE, PRIV_KEY_FILE = "snmp-community", "snmp-auth-key", "snmp-priv-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSecrets:
    """What the agents are asked with."""

    community: str = field(repr=False)
    auth_key: str = field(repr=False)
    priv_key: str = field(repr=False)


def make_secrets(directory: Path) -> LabSecrets:
    """Make new secrets and write them for their owner alone."""
    directory.mkdir(mode=0o700, exist_ok=True)
    made = [_write(directory / name) for name in (COMMUNITY_FILE, AUTH_KEY_FILE, PRIV_KEY_FILE)]
    return LabSecrets(community=made[0], auth_key=made[1], priv_key=made[2])


def _write(path: Path) -> str:
    secret = secrets.token_urlsafe(18)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secret + "\n")
    return secret
