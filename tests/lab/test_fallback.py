"""The district on loopback: the same services and faults, but lines are whole or cut."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bt_console import channels
from bt_console.channels.api import ChannelContext, Letter
from bt_console.channels.smstools import ROOT_VARIABLE
from bt_console.config.load import Settings, load_config
from bt_console.lab.child import environment
from bt_console.lab.client import Lab
from bt_console.lab.errors import LabError
from bt_console.lab.rundir import SPOOLS
from bt_console.model.oncall import NoticeKind
from bt_console.words import say
from tests.lab.conftest import Vantage
from tests.lab.example import EXAMPLE

pytestmark = pytest.mark.xdist_group("lab-loopback")


@pytest.fixture(scope="module")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.start(EXAMPLE, tmp_path_factory.mktemp("loopback") / "lab", fallback=True)
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def settings(loopback: Lab) -> Settings:
    return load_config(loopback.config_path, trust_file=loopback.trust_file)


@pytest.fixture(scope="module")
def here(loopback: Lab) -> Iterator[Vantage]:
    vantage = Vantage(loopback, "hub")
    yield vantage
    vantage.close()


@pytest.fixture(autouse=True)
def _without_faults(loopback: Lab) -> Iterator[None]:
    yield
    loopback.heal(None)


class Monitor:
    """Runs the checks of the rewritten configuration."""

    def __init__(self, settings: Settings, vantage: Vantage) -> None:
        self._settings = settings
        self._vantage = vantage

    def bad(self, *units: str) -> set[str]:
        """Return the targets with a check that is not ok, of some units and all infrastructure and services."""
        checks = [c for c in self._settings.inventory.checks.values() if c.probe != "host_health"]
        wanted = [c for c in checks if c.target_id.partition("/")[0] in (*units, "hub", "tslcd-core", "dns")]
        wanted += [c for c in checks if self._settings.inventory.targets[c.target_id].role == "service"]
        return {c.target_id for c in wanted if self._read(c.probe, c.address, c.params)["outcome"] != "ok"}

    def _read(self, probe: str, address: str, params: object) -> dict[str, object]:
        names = list(type(params).__dataclass_fields__)  # type: ignore[attr-defined]
        return self._vantage.measure(probe, address, **{name: getattr(params, name) for name in names})


@pytest.fixture
def monitor(settings: Settings, here: Vantage) -> Monitor:
    return Monitor(settings, here)


def test_it_says_what_is_missing_and_why(loopback: Lab) -> None:
    assert not loopback.is_namespaced
    for language in ("vi", "en"):
        shown = [say(language, text) for text in loopback.missing]
        assert len(shown) == 5
        assert not [text for text in shown if text.startswith("lab.")]


def test_everything_in_it_is_well(monitor: Monitor, settings: Settings) -> None:
    assert monitor.bad(*settings.inventory.units) == set()


def test_a_cut_line_takes_what_is_behind_it(loopback: Lab, monitor: Monitor) -> None:
    loopback.fault("link-down:tslcd:cao-son")
    behind = {"cao-son/tslcd", "cao-son/lan"}
    devices = {f"cao-son/device/{name}" for name in ("may-mot-cua", "may-in", "switch")}
    assert monitor.bad("cao-son", "ha-vi") == behind | devices
    loopback.heal(None)
    assert monitor.bad("cao-son", "ha-vi") == set()


def test_the_core_takes_the_communes_and_the_services_behind_it(loopback: Lab, monitor: Monitor) -> None:
    loopback.fault("tslcd-core-down")
    bad = monitor.bad("cao-son", "y-te")
    assert {"tslcd-core", "cao-son/tslcd", "cao-son/lan", "qlvb", "mail", "motcua"} <= bad
    assert not bad & {"hub/uplink-tslcd", "cao-son/internet", "kyso", "dichvucong", "dns", "y-te/lan"}


@pytest.mark.parametrize(
    ("spec", "bad"),
    [
        ("hub-isp-down", {"hub/uplink-internet", "hub/anchor-1", "hub/anchor-2", "dichvucong", "kyso"}),
        ("service-500:qlvb", {"qlvb"}),
        ("service-wrong-content:qlvb", {"qlvb"}),
        ("service-down:motcua", {"motcua"}),
        ("cert-expired:mail", {"mail"}),
        ("mail-down", {"mail"}),
    ],
)
def test_faults_that_need_no_packets_work_the_same(loopback: Lab, monitor: Monitor, spec: str, bad: set[str]) -> None:
    loopback.fault(spec)
    assert monitor.bad() == bad
    loopback.heal(None)
    assert monitor.bad() == set()


@pytest.mark.parametrize("spec", ["dns-down", "dns-wrong-answer"])
def test_the_name_server_can_fail(loopback: Lab, monitor: Monitor, spec: str) -> None:
    loopback.fault(spec)
    assert "dns" in monitor.bad()


REAL_LINES_ONLY = (
    "loss:tslcd:cao-son:20%",
    "delay:internet:cao-son:300ms",
    "clock-skew:cao-son:5m",
    "telnet-open:cao-son",
)


@pytest.mark.parametrize("spec", REAL_LINES_ONLY)
def test_what_only_a_real_line_can_do_is_refused(loopback: Lab, spec: str) -> None:
    with pytest.raises(LabError, match="need namespaces"):
        loopback.fault(spec)
    assert loopback.active() == ()


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    lab = Lab.start(EXAMPLE, tmp_path / "lab", fallback=True)
    assert (tmp_path / "lab" / "config.yaml").exists()
    lab.stop()
    assert list(tmp_path.iterdir()) == []


FORBIDDEN = """
import sys
from pathlib import Path
from bt_console.lab import kernel
kernel.enter_new_user_namespace()
from pyroute2 import IPRoute
IPRoute().link("set", index=1, state="up")
Path("/proc/sys/user/max_user_namespaces").write_text("0")
from bt_console.lab.client import Lab
from bt_console.words import say
lab = Lab.start(Path(sys.argv[1]), Path(sys.argv[2]))
print(lab.is_namespaced, say("en", lab.missing[0]))
lab.stop()
"""


@pytest.mark.netns
@pytest.mark.usefixtures("_namespaces")
def test_where_the_kernel_forbids_namespaces_the_lab_falls_back_and_names_the_setting(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORBIDDEN, str(EXAMPLE), str(tmp_path / "lab")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == (
        "False no namespaces because of user.max_user_namespaces=0; "
        "allow them with: sudo sysctl -w user.max_user_namespaces=10000\n"
    )
    assert not (tmp_path / "lab").exists()


async def test_people_get_their_messages_here_too(
    loopback: Lab, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(loopback.secrets_dir))
    monkeypatch.setenv(ROOT_VARIABLE, str(loopback.secrets_dir.parent / SPOOLS))
    ctx = ChannelContext(now=datetime.now(UTC), timeout_s=10.0, trust_file=str(loopback.trust_file))
    letter = Letter(id="1", kind=NoticeKind.TEST, at=ctx.now, title="Tin thử", body="", short="Tin thu #1")
    people = settings.oncall.contacts["an"].addresses
    for channel in ("zalo", "mail", "sms"):
        found = settings.oncall.channels[channel]
        sent = await channels.load(found.kind).send(found.params, people[channel], letter, ctx)
        assert sent.outcome == "accepted", sent
    end_s = time.monotonic() + 10
    while len(loopback.letters()) < 3 and time.monotonic() < end_s:
        time.sleep(0.05)  # noqa: ASYNC251 - nothing else runs here
    assert {(arrived.channel, arrived.name) for arrived in loopback.letters()} == {
        (channel, "Nguyễn Văn An") for channel in ("zalo", "mail", "sms")
    }
    loopback.fault("hub-isp-down")
    zalo = settings.oncall.channels["zalo"]
    assert (await channels.load("zalo_bot").send(zalo.params, people["zalo"], letter, ctx)).outcome == "transient"
