"""What the documentation says about the configuration is true, and whole."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bt_console.config.check_spec import Spec
from bt_console.config.load import Settings
from bt_console.config.quantity import short_name
from bt_console.config.schema import ROLES
from bt_console.model.inventory import CheckId
from probes.http_flow import Step

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ONCALL, CHECKS, FLOW = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
KEYS = sorted(
    {short_name(field.alias or key) for model in Spec.__subclasses__() for key, field in model.model_fields.items()}
    - {"(probe)"}
)


@pytest.mark.parametrize("word", [*KEYS, *ROLES])
def test_every_key_and_role_is_documented(word: str) -> None:
    assert re.search(rf"\b{word}\b", TEXT)


def test_the_example_of_the_documentation_works(small: Callable[..., Settings]) -> None:
    defaults, units = CHECKS.split("units:\n")
    settings = small(defaults)
    before = settings.path.read_text(encoding="utf-8")
    unit = "units:\n" + units
    start = before.index("units:\n")
    checks = small("", (before[start : before.index("defaults:")], unit)).inventory.checks
    assert checks[CheckId("cao-son/device/may-mot-cua:tcp_connect:rdp")].address == "10.21.2.11:3389"
    thresholds = settings.inventory.checks[CheckId("cao-son/internet:icmp_echo")].thresholds
    assert [(threshold.measure, threshold.limit) for threshold in thresholds] == [("rtt_median_s", 0.2)]


def test_the_example_of_oncall_works(small: Callable[..., Settings]) -> None:
    oncall = small(ONCALL).oncall
    assert (len(oncall.contacts), len(oncall.channels), len(oncall.routes), len(oncall.heartbeats)) == (3, 3, 2, 2)


def test_the_example_of_a_flow_works(small: Callable[..., Settings]) -> None:
    head, _, checks = FLOW.partition("    checks:\n")
    settings = small("", (head, f"{head}    checks:\n{checks}"))
    params = settings.inventory.checks[CheckId("qlvb:http_flow")].params
    assert [step.title for step in params.steps] == ["the form", "log in", "incoming documents"]


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Step)])
def test_every_key_of_a_step_is_documented(field: str) -> None:
    assert f"`{field}`" in TEXT


def test_the_example_file_shows_overrides_that_work(small: Callable[..., Settings]) -> None:
    lines = (ROOT / "config.example.yaml").read_text(encoding="utf-8").split("\n")
    start = lines.index("# defaults:")
    block = [line[2:] for line in lines[start : start + 10]]
    assert block[-1].endswith("{enabled: false}")
    checks = small("\n".join(block) + "\n").inventory.checks
    assert CheckId("qlvb:tls_handshake") not in checks
    assert checks[CheckId("cao-son/device/may-in:icmp_echo")].interval_s == 60
