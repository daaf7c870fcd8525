"""Faults of services and machines as a running monitor meets them: the next reading's facts show each, and heal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bt_console.facade import Console, StoreError
from bt_console.lab.child import environment
from bt_console.lab.client import Lab
from bt_console.lab.errors import LabError
from bt_console.model.health import HealthState
from bt_console.model.inventory import CheckId
from bt_console.model.observation import Observation
from tests.lab.conftest import Vantage
from tests.lab.example import EXAMPLE

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab")]

WITHIN_S = 45.0
SWITCH, COMPUTER = "cao-son/device/switch:port_scan", "cao-son/device/may-mot-cua:port_scan"
FASTER = """
defaults:
  roles:
    device: {port_scan: {enabled: false}}
    hub: {ntp_query: {interval: 4s, params: {sample_count: 1}}, snmp_traps: {interval: 3s}}
    tslcd: {ntp_query: {enabled: true, interval: 4s}, snmp_addresses: {interval: 4s}}
    mail: {smtp_session: {interval: 3s}, imap_session: {interval: 3s}, mail_round_trip: {interval: 5s}}
    signature: {ocsp_query: {interval: 3s}, crl_fetch: {interval: 3s}, timestamp_query: {interval: 3s}}
"""
UNIT = "  cao-son:\n    name: Xã Cao Sơn\n"


class Watch:
    """A monitor in the hub, and what it stores."""

    def __init__(self, lab: Lab, folder: Path, example: Path = EXAMPLE) -> None:
        config, self._store = folder / "faster.yaml", folder / "store.sqlite"
        text = example.read_text(encoding="utf-8")
        assert UNIT in text
        text = text.replace(UNIT, f"{UNIT}    checks: {{device: {{port_scan: {{enabled: true, interval: 3s}}}}}}\n")
        config.write_text(text + FASTER, encoding="utf-8")
        argv = [sys.executable, "-m", "bt_console", "-c", str(config), "--store", str(self._store)]
        argv += ["monitor", "--trust-file", str(lab.trust_file)]
        self._log = (folder / "log").open("wb")
        self._process = lab.spawn("hub", argv, env=environment(), stdout=self._log, stderr=self._log)
        self.console = self._opened()

    def _opened(self) -> Console:
        end_s = time.monotonic() + WITHIN_S
        while True:
            try:
                return Console(self._store)
            except StoreError:
                assert time.monotonic() < end_s, Path(self._log.name).read_text(encoding="utf-8")
                time.sleep(0.1)

    def next(self, check_id: str) -> Observation:
        """Return the first reading of a check that begins from now on."""
        began_at, end_s = datetime.now(UTC), time.monotonic() + WITHIN_S
        while time.monotonic() < end_s:
            for observation in self.console.history(CheckId(check_id), began_at, datetime.now(UTC)):
                if observation.started_at >= began_at:
                    return observation
            time.sleep(0.1)
        raise AssertionError(f"no reading of {check_id}")

    def is_well(self) -> bool:
        """Whether every unit is up and nothing is called an incident."""
        snapshot = self.console.snapshot(datetime.now(UTC))
        assert snapshot is not None
        return all(unit.state is HealthState.UP for unit in snapshot.units) and not snapshot.incidents

    def close(self) -> None:
        self.console.close()
        self._process.terminate()
        self._process.wait(timeout=20)
        self._log.close()


def open_ports(observation: Observation) -> tuple[object, ...]:
    found = observation.reading.facts["open_ports"]
    assert isinstance(found, tuple)
    return found


@pytest.fixture(scope="module")
def watch(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    lab.heal(None)
    with closing(Watch(lab, tmp_path_factory.mktemp("watch"))) as made:
        yield made


@pytest.mark.parametrize(
    ("fault", "check_id", "port"),
    [("telnet-open:cao-son", SWITCH, 23), ("smb-open:cao-son", COMPUTER, 445)],
)
def test_a_port_that_opens_is_among_the_open_ones_and_no_unit_is_down_for_it(
    healed: Lab, watch: Watch, fault: str, check_id: str, port: int
) -> None:
    assert port not in open_ports(watch.next(check_id))
    healed.fault(fault)
    assert port in open_ports(watch.next(check_id))
    assert watch.is_well()
    healed.heal(fault)
    assert port not in open_ports(watch.next(check_id))


def test_mail_and_signatures_work_in_the_lab(healed: Lab, watch: Watch) -> None:
    for check_id in ("mail:mail_round_trip", "mail:imap_session", "kyso:ocsp_query", "kyso:crl_fetch"):
        reading = watch.next(check_id).reading
        assert reading.outcome == "ok", (check_id, reading)


def test_a_time_server_that_is_five_minutes_off_is_found_so(healed: Lab, watch: Watch) -> None:
    assert abs(watch.next("hub:ntp_query:10.20.0.53").reading.measures["clock_offset_s"]) < 1
    healed.fault("clock-skew:dns:5m")
    assert watch.next("hub:ntp_query:10.20.0.53").reading.measures["clock_offset_s"] == pytest.approx(300, abs=1)


def test_a_communes_router_whose_clock_is_off_is_found_so_and_no_other(healed: Lab, watch: Watch) -> None:
    healed.fault("clock-skew:cao-son:-5m")
    observation = watch.next("cao-son/tslcd:ntp_query")
    assert observation.reading.measures["clock_offset_s"] == pytest.approx(-300, abs=1)
    assert abs(watch.next("don-phong/tslcd:ntp_query").reading.measures["clock_offset_s"]) < 1
    assert abs(watch.next("hub:ntp_query:10.20.0.53").reading.measures["clock_offset_s"]) < 1
    healed.heal(None)
    assert abs(watch.next("cao-son/tslcd:ntp_query").reading.measures["clock_offset_s"]) < 1


def test_a_router_between_internet_and_tslcd_shows_in_its_next_reading_and_no_unit_is_down_for_it(
    healed: Lab, watch: Watch
) -> None:
    check_id, tslcd, internet = "cao-son/tslcd:snmp_addresses", "10.255.2.2", "198.51.100.10"
    calm = watch.next(check_id).reading.facts
    assert tslcd in calm["own_address"]  # type: ignore[operator]
    assert internet not in calm["own_address"]  # type: ignore[operator]
    healed.fault("bridge-inet-tslcd:cao-son")
    joined = watch.next(check_id).reading.facts
    assert joined["ip_forwarding"] is True
    assert {tslcd, internet} <= set(joined["own_address"])  # type: ignore[arg-type]
    assert watch.is_well()
    healed.heal(None)
    assert watch.next(check_id).reading.facts == calm


def test_time_stamps_of_the_past_are_found_so(healed: Lab, watch: Watch) -> None:
    healed.fault("clock-skew:kyso:-5m")
    reading = watch.next("kyso:timestamp_query").reading
    assert reading.measures["clock_offset_s"] == pytest.approx(-300, abs=1)
    assert reading.facts["signature_valid"] is True


def test_a_revoked_certificate_is_found_so_by_responder_and_list(healed: Lab, watch: Watch) -> None:
    healed.fault("cert-revoked:kyso")
    reading = watch.next("kyso:ocsp_query").reading
    assert (reading.outcome, reading.facts["cert_status"]) == ("fail", "revoked")
    assert watch.next("kyso:crl_fetch").reading.measures["revoked_count"] == 1
    healed.heal(None)
    assert watch.next("kyso:ocsp_query").reading.facts["cert_status"] == "good"


def test_a_hostile_greeting_is_kept_short_and_harmless(healed: Lab, watch: Watch) -> None:
    before = watch.next("mail:smtp_session").reading.facts["banner"]
    healed.fault("hostile-banner:mail")
    reading = watch.next("mail:smtp_session").reading
    banner = str(reading.facts["banner"])
    assert banner != before
    assert "NOT REAL" in banner
    assert len(banner) <= 1000
    assert all(letter.isprintable() for letter in banner)
    page = watch.next("mail:http_get").reading
    assert (page.outcome, page.facts["status"]) == ("ok", 200), page
    reason = str(page.facts["reason"])
    assert "NOT REAL" in reason
    assert len(reason) <= 1000
    assert all(letter.isprintable() for letter in reason)


def test_smb_is_spoken_in_version_1_alone(healed: Lab, hub: Vantage) -> None:
    assert hub.measure("smb_dialects", "10.21.2.11:445")["failure"] == "refused"
    healed.fault("smb-open:cao-son")
    reading = hub.measure("smb_dialects", "10.21.2.11:445")
    assert (reading["outcome"], reading["facts"]["accepted"]) == ("ok", ["1"]), reading
    assert (reading["facts"]["smb1"], reading["facts"]["signing_required"]) == (True, False)


@pytest.mark.parametrize("spec", ["clock-skew:dns:5", "clock-skew:dns:0s", "clock-skew:dns:48h", "clock-skew:qlvb:5m"])
def test_a_skew_that_makes_no_sense_is_refused(healed: Lab, spec: str) -> None:
    with pytest.raises(LabError):
        healed.fault(spec)
