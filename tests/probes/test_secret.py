"""Secrets are references: read when used, never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probes.api import ProbeFailure
from probes.secret import Secret


def test_a_value_written_by_mistake_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="by reference") as caught:
        Secret("hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("written", ["file:", "env: ", "credential:", "credential:a/b", "vault:x", ""])
def test_references_that_lead_nowhere_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"secret|credential"):
        Secret(written)


def test_a_private_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("s3cret\n", "utf-8")
    path.chmod(0o600)
    secret = Secret(f"file:{path}")
    assert secret.reveal() == "s3cret"
    assert "s3cret" not in repr(secret)


def test_a_file_that_everybody_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("s3cret", "utf-8")
    path.chmod(0o644)
    with pytest.raises(ProbeFailure, match="chmod o-r"):
        Secret(f"file:{path}").reveal()


def test_a_missing_file_or_variable_says_which(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailure, match="cannot be read"):
        Secret(f"file:{tmp_path}/none").reveal()
    with pytest.raises(ProbeFailure, match="BT_NO_SUCH_VARIABLE"):
        Secret("env:BT_NO_SUCH_VARIABLE").reveal()


def test_a_credential_comes_from_systemds_directory(tmp_path: Path) -> None:
    path = tmp_path / "snmp"
    path.write_text("s3cret", "utf-8")
    path.chmod(0o400)
    before = os.environ.get("CREDENTIALS_DIRECTORY")
    os.environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    try:
        assert Secret("credential:snmp").reveal() == "s3cret"
    finally:
        if before is None:
            del os.environ["CREDENTIALS_DIRECTORY"]
        else:
            os.environ["CREDENTIALS_DIRECTORY"] = before
