"""Params with secrets for SNMP probes: each secret in a file of its own, as an operator would keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from probes.secret import Secret
from tests.servers.snmpd import COMMUNITY, USERS


class Secrets:
    """Writes secrets below a directory and refers to them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._count = 0

    def of(self, value: str) -> Secret:
        self._count += 1
        path = self._directory / f"secret-{self._count}"
        path.write_text(value + "\n", encoding="utf-8")
        path.chmod(0o600)
        return Secret(f"file:{path}")

    def community(self, value: str = COMMUNITY, version: str = "2c") -> dict[str, Any]:
        return {"version": version, "community": self.of(value)}

    def user(self, name: str, **other: Any) -> dict[str, Any]:
        auth, auth_key, priv, priv_key = USERS[name]
        params: dict[str, Any] = {"version": "3", "user": name, "auth_protocol": auth}
        params["auth_key"] = self.of(auth_key)
        if priv:
            params |= {"priv_protocol": priv, "priv_key": self.of(priv_key)}
        return params | other
