"""`demo --fault`: what is caused when, and healed when."""

from __future__ import annotations

import pytest

from bt_console.cli.command import UsageError
from bt_console.cli.fault_plan import DEFAULT_FAULT_AT_S, FaultPlan, TimedFault


def test_faults_and_healings_come_in_the_order_of_their_times() -> None:
    plan = FaultPlan.read(["dns-down@20-30", "mail-down", "tslcd-core-down@5-25.5"], "en")
    assert plan.faults == (
        TimedFault("tslcd-core-down", 5.0),
        TimedFault("mail-down", DEFAULT_FAULT_AT_S),
        TimedFault("dns-down", 20.0),
        TimedFault("tslcd-core-down", 25.5, is_healing=True),
        TimedFault("dns-down", 30.0, is_healing=True),
    )


@pytest.mark.parametrize("written", ["@5", "dns-down@x", "dns-down@-5", "dns-down@9-", "dns-down@9-8", "dns-down@nan"])
def test_what_cannot_be_meant_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(UsageError, match="such as loss:tslcd:cao-son:20%@20-40"):
        FaultPlan.read([written], "en")
