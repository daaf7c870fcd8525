from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import probes
from bt_console.cli.measure import Surroundings
from bt_console.cli.render import cells
from probes.api import ProbeFailure
from tests.cli.example import Run


@pytest.fixture
def listener() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_without_a_kind_every_kind_is_listed_with_a_command_that_works(run: Run) -> None:
    code, out, err = run("probe", "--language", "en")
    assert (code, err) == (0, "")
    assert [name for name in probes.names() if f"$ bt-console probe {name} " not in out] == []


def test_the_list_as_json_has_parameters_units_and_source(run: Run) -> None:
    kinds = {kind["name"]: kind for kind in json.loads(run("probe", "--json")[1])["kinds"]}
    assert set(kinds) == set(probes.names())
    assert kinds["icmp_echo"]["measures"] == dict(probes.load("icmp_echo").measures)
    assert "RFC 792" in kinds["icmp_echo"]["source"]
    assert {"name": "count", "type": "int", "default": 3} in kinds["icmp_echo"]["params"]


@pytest.mark.parametrize("argv", [["icmp_echo"], ["icmp_echo", "--help"]])
def test_one_kind_explains_its_parameters(run: Run, argv: list[str]) -> None:
    code, out, err = run("probe", *argv, "--language", "en")
    assert (code, err) == (0, "")
    assert "Parameters (-p)" in out
    assert "spacing_s" in out


def test_an_answer_is_exit_code_zero_and_told_in_milliseconds(run: Run, listener: str) -> None:
    code, out, err = run("probe", "tcp_connect", listener, "--language", "en")
    assert (code, err) == (0, "")
    assert out.startswith(f"tcp_connect {listener}: ok\n")
    assert " ms\n" in out


def test_a_refusal_is_exit_code_one_with_its_kind(run: Run, closed_port: str) -> None:
    code, out, _ = run("probe", "tcp_connect", closed_port, "--json")
    document = json.loads(out)
    assert code == 1
    assert (document["outcome"], document["failure"]) == ("fail", "refused")


def test_parameters_follow_the_units_of_the_configuration(run: Run, listener: str) -> None:
    out = run("probe", "tcp_connect", listener, "-p", "timeout=800ms", "--json")[1]
    assert json.loads(out)["params"]["timeout_s"] == 0.8


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("cuont=3", "icmp_echo has no param `cuont`"),
        ("count=three", "`count` of icmp_echo cannot be"),
        ("timeout=5", "5 has no unit"),
        ("timeout=5 parsecs", "unknown unit parsecs"),
        ("count", "-p takes key=value"),
    ],
)
def test_a_bad_parameter_is_named_with_the_ones_there_are(run: Run, written: str, said: str) -> None:
    code, out, err = run("probe", "icmp_echo", "127.0.0.1", "-p", written, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
    assert "count" in err


@pytest.mark.parametrize(
    ("written", "argv"),
    [
        ("argv=check_dummy,0", ["check_dummy", "0"]),
        ("argv=check_ping -w 100,10% -c 500,60%", ["check_ping", "-w", "100,10%", "-c", "500,60%"]),
        ("argv=check_dummy 0 'two words'", ["check_dummy", "0", "two words"]),
    ],
)
def test_a_list_is_split_at_blanks_as_in_a_shell_or_else_at_commas(run: Run, written: str, argv: list[str]) -> None:
    out = run("probe", "nagios_plugin", "127.0.0.1", "-p", written, "--json")[1]
    assert json.loads(out)["params"]["argv"] == argv


def test_a_quote_without_end_is_a_usage_error(run: Run) -> None:
    code, out, err = run("probe", "nagios_plugin", "127.0.0.1", "-p", "argv=check_dummy 'x", "--language", "en")
    assert (code, out) == (2, "")
    assert "No closing quotation" in err


def test_a_value_the_kind_itself_refuses_is_a_usage_error_with_its_words(run: Run) -> None:
    code, out, err = run("probe", "icmp_echo", "127.0.0.1", "-p", "count=0", "--language", "en")
    assert (code, out) == (2, "")
    assert err.startswith("bt-console: count must be 1 to 1000 packets. Parameters of icmp_echo: ")


def test_the_list_can_be_asked_for_by_name(run: Run) -> None:
    assert run("probe", "--list", "--json") == run("probe", "--json")
    assert run("probe", "--list") == run("probe")


def test_every_bad_parameter_is_told_at_once(run: Run) -> None:
    err = run("probe", "icmp_echo", "127.0.0.1", "-p", "a=1", "-p", "b=2", "--language", "en")[2]
    assert "`a`" in err
    assert "`b`" in err
    assert "Parameters of icmp_echo: count, payload, spacing, timeout" in err


@pytest.mark.parametrize("timeout", ["5", "0s", "-1s", "soon"])
def test_a_deadline_that_is_none_is_refused(run: Run, timeout: str) -> None:
    code, _, err = run("probe", "icmp_echo", "127.0.0.1", "--timeout", timeout, "--language", "en")
    assert code == 2
    assert "--timeout" in err


@pytest.mark.parametrize("written", ["junk", "127.0.0.1:0", "127.0.0.1:x", "[::1]", "10.0.0"])
def test_a_name_server_that_is_none_is_refused(run: Run, written: str) -> None:
    code, out, err = run("probe", "dns_query", "127.0.0.1", "--nameserver", written, "--language", "en")
    assert (code, out) == (2, "")
    assert f"not '{written}'" in err


def test_a_trust_file_that_cannot_be_read_is_refused(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.pem"):
        code, out, err = run("probe", "tcp_connect", "127.0.0.1:1", "--trust-file", path, "--language", "en")
        assert (code, out) == (2, "")
        assert f"cannot read {path}" in err


def test_what_we_could_not_measure_is_exit_code_three_without_a_traceback(run: Run) -> None:
    code, out, err = run("probe", "http_get", "junk", "--json")
    document = json.loads(out)
    assert (code, err) == (3, "")
    assert document["outcome"] == "error"
    assert "junk" in document["detail"]


def test_an_unknown_kind_is_refused_with_the_nearest(run: Run) -> None:
    code, _, err = run("probe", "icmp_ehco", "127.0.0.1", "--language", "en")
    assert code == 2
    assert err.startswith("bt-console: no probe kind 'icmp_ehco'; nearest: icmp_echo, ")


def test_the_list_fits_eighty_columns_where_words_can_break(run: Run) -> None:
    lines = run("probe", "--language", "vi")[1].splitlines()
    assert [line for line in lines if cells(line) > 80 and not line.startswith("  $ ")] == []


def test_a_scan_may_go_where_the_configuration_named_approves_it(run: Run) -> None:
    code, out, _ = run("probe", "port_scan", "10.21.2.11", "--json")
    assert (code, json.loads(out)["failure"]) == (3, "permission")
    example = Path(__file__).parents[2] / "config.example.yaml"
    Surroundings.of(str(example)).scope.insist("10.21.2.11")
    with pytest.raises(ProbeFailure):
        Surroundings.of(str(example)).scope.insist("192.0.2.1")


def test_a_configuration_with_a_mistake_is_told_before_anything_is_measured(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("district: [", "utf-8")
    code, out, err = run("-c", broken, "probe", "tcp_connect", "127.0.0.1:1")
    assert (code, out) == (2, "")
    assert "broken.yaml:" in err
