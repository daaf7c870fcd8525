"""Which setting forbids namespaces, and what would allow them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bt_console.lab.kernel import explain_refusal


@pytest.mark.parametrize(
    ("file", "value", "reason", "remedy"),
    [
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=0", "sysctl -w user.max_user_namespaces=10000"),
        ("user/max_net_namespaces", "0", "user.max_net_namespaces=0", "sysctl -w user.max_net_namespaces=10000"),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            "kernel.unprivileged_userns_clone=0",
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_the_setting_that_forbids_is_named_with_the_command_that_allows(
    tmp_path: Path, file: str, value: str, reason: str, remedy: str
) -> None:
    setting = tmp_path / file
    setting.parent.mkdir()
    setting.write_text(f"{value}\n", encoding="ascii")
    found = explain_refusal(tmp_path)
    assert (found.reason, found.remedy) == (reason, f"sudo {remedy}")


def test_a_refusal_without_such_a_setting_still_says_where_to_look(tmp_path: Path) -> None:
    setting = tmp_path / "user" / "max_user_namespaces"
    setting.parent.mkdir()
    setting.write_text("96365\n", encoding="ascii")
    found = explain_refusal(tmp_path)
    assert "max_user_namespaces" not in found.reason
    assert found.reason
    assert found.remedy
