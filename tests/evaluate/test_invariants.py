"""What must hold whatever is read, in whatever order: found by machines that try to break it."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bt_console.evaluate.culprits import culprits_of, is_outage
from bt_console.evaluate.flapping import CALM, HOLD_LOOKS, plain
from bt_console.model.health import CheckHealth, HealthState, Verdict
from bt_console.model.inventory import CheckId
from bt_console.model.observation import Observation
from probes.api import FailureKind, Outcome, Reading
from tests.evaluate.district import district
from tests.evaluate.simulation import START, Engine

INVENTORY = district(3)
CHECKS = sorted(INVENTORY.checks)
_GOOD = Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.01, "loss_ratio": 0.0, "total_s": 0.05})
_SLOW = Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.5, "loss_ratio": 0.4, "total_s": 3.0})
_READINGS = {
    "good": _GOOD,
    "slow": _SLOW,
    "timeout": Reading(outcome=Outcome.TIMEOUT, measures={"loss_ratio": 1.0}),
    "refused": Reading(outcome=Outcome.FAIL, failure=FailureKind.REFUSED),
    "mismatch": Reading(outcome=Outcome.FAIL, failure=FailureKind.MISMATCH),
    "tls": Reading(outcome=Outcome.FAIL, failure=FailureKind.TLS),
    "error": Reading(outcome=Outcome.ERROR, failure=FailureKind.PERMISSION),
}
_PLACES = ("", "hub/", "tslcd-core", "dns", "cao-son/", "phu-thong/", "qlvb", "motcua", "hub/uplink")
"""Beginnings of check ids that fail together."""


_LONGEST_HOLD = HOLD_LOOKS * timedelta(seconds=max(check.interval_s for check in INVENTORY.checks.values()))


class District(RuleBasedStateMachine):
    """An engine fed with readings that need not make sense together."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine.of(INVENTORY)
        self.now = START
        self.seq = 0
        self.log: list[Observation | tuple[str, datetime]] = []
        self.ended: dict[int, datetime] = {}

    @initialize()
    def begin(self) -> None:
        """Everything is measured once."""
        self._read_all("good")

    def _read(self, check_id: CheckId, name: str) -> None:
        self.seq += 1
        observation = Observation(
            seq=self.seq,
            check_id=check_id,
            vantage_id="hub",
            due_at=self.now,
            started_at=self.now,
            duration_s=0.0,
            reading=_READINGS[name],
        )
        before = self.engine.healths.get(check_id) or CheckHealth(check_id=check_id)
        self.engine.learn(observation)
        self.log.append(observation)
        _assert_lawful(before, self.engine.healths[check_id], name)

    def _read_all(self, name: str, start: str = "") -> None:
        self.now += timedelta(seconds=1)
        for check_id in CHECKS:
            if check_id.startswith(start):
                self._read(CheckId(check_id), name)
        self._decide()

    def _decide(self) -> None:
        self.engine.decide(self.now)
        self.log.append(("decide", self.now))

    @rule(check_id=st.sampled_from(CHECKS), name=st.sampled_from(sorted(_READINGS)))
    def one_reading(self, check_id: str, name: str) -> None:
        """One check reads something."""
        self.now += timedelta(seconds=0.5)
        self._read(CheckId(check_id), name)
        self._decide()

    @rule(start=st.sampled_from(_PLACES), name=st.sampled_from(sorted(_READINGS)), times=st.integers(1, 3))
    def many_readings(self, start: str, name: str, times: int) -> None:
        """All checks of a place read the same, several times."""
        for _ in range(times):
            self._read_all(name, start)

    @rule(seconds=st.sampled_from([1, 10, 60, 300]))
    def time_passes(self, seconds: int) -> None:
        """Nothing is heard for a while."""
        self.now += timedelta(seconds=seconds)
        self.engine.grow_old(self.now)
        self.log.append(("age", self.now))
        self._decide()

    @rule()
    def all_heals(self) -> None:
        """After everything has answered often enough, nothing is wrong any more."""
        for _ in range(25):
            self.now += timedelta(seconds=5)
            self._read_all("good")
        self.now += CALM
        self._read_all("good")
        assert self.engine.open == ()
        assert {self.engine.state(target) for target in self.engine.topology.checks} == {HealthState.UP}

    @precondition(lambda self: len(self.log) < 600)
    @rule()
    def a_replay_gives_the_same(self) -> None:
        """The same observations decide the same."""
        other = Engine.of(INVENTORY)
        for entry in self.log:
            if isinstance(entry, Observation):
                other.learn(entry)
            elif entry[0] == "age":
                other.grow_old(entry[1])
            else:
                other.decide(entry[1])
        assert (other.open, other.healths, other.targets) == (
            self.engine.open,
            self.engine.healths,
            self.engine.targets,
        )

    @invariant()
    def a_culprit_has_one_outage(self) -> None:
        """No target is blamed by two open outages."""
        outages = [plain(incident) for incident in self.engine.open]
        outages = [incident for incident in outages if is_outage(incident.cause.kind) and incident.resolved_at is None]
        blamed = [t for outage in outages for t in culprits_of(outage, self.engine.topology)]
        assert len(blamed) == len(set(blamed))

    @invariant()
    def an_end_is_an_end(self) -> None:
        """An incident opens once, and what has ended comes back only soon."""
        ended = {number: life.last.resolved_at for number, life in self.engine.lives.items() if life.last.resolved_at}
        back = self.ended.keys() - ended.keys()
        assert all(self.now - self.ended[number] <= _LONGEST_HOLD for number in back)
        self.ended = ended
        assert not ended.keys() & {incident.id for incident in self.engine.open}


def _assert_lawful(before: CheckHealth, after: CheckHealth, name: str) -> None:
    if name == "error":
        assert (after.state, after.since) == (before.state, before.since)
    if after.state is HealthState.DOWN and before.state is not HealthState.DOWN:
        check = INVENTORY.checks[after.check_id]
        valid = [s for s in after.samples if s.verdict is not Verdict.ERROR][-check.down_n :]
        assert valid[-1].verdict is Verdict.BAD
        assert sum(sample.verdict is Verdict.BAD for sample in valid) >= check.down_k


TestDistrict = District.TestCase
TestDistrict.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
