"""`bt-console lab`: up in one process, broken and healed from others, down again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bt_console.cli.main import main
from tests.lab.example import EXAMPLE

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.usefixtures("_namespaces")]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run_once(*argv: object) -> tuple[int, str, str]:
        code = main(["--language", "en", "lab", *map(str, argv)])
        shown = capfd.readouterr()
        return code, shown.out, shown.err

    return run_once


@pytest.fixture
def run_dir(run: Run, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "lab"
    yield path
    run("down", "--run-dir", path)
    assert not path.exists()


def test_a_lab_lives_from_up_to_down(run: Run, run_dir: Path) -> None:
    at = ("--run-dir", run_dir)
    code, out, _ = run("up", *at, "-c", EXAMPLE)
    assert code == 0
    assert "the lab is up: 17 communes in " in out
    assert run("up", *at, "-c", EXAMPLE)[0] == 2
    assert run("fault", *at, "link-down:tslcd:cao-son") == (0, "", "")
    code, out, _ = run("status", *at, "--json")
    status = json.loads(out)
    assert status["schema"] == "bt-console/lab/1"
    assert status["active"] == ["link-down:tslcd:cao-son"]
    assert "faults in force: link-down:tslcd:cao-son" in run("status", *at)[1]
    assert run("heal", *at) == (0, "", "")
    assert "no fault is in force" in run("status", *at)[1]
    assert run("exec", *at, "cao-son", "--", "sh", "-c", "exit 7")[0] == 7
    assert "link-down:PATH:UNIT" in run("fault", *at)[1]
    code, _, err = run("fault", *at, "link-down:tslcd:cao-sn")
    assert code == 2
    assert "did you mean cao-son?" in err


@pytest.mark.parametrize("verb", [["status"], ["down"], ["heal"], ["fault", "dns-down"], ["exec", "hub", "true"]])
def test_without_a_lab_each_verb_says_how_to_start_one(run: Run, tmp_path: Path, verb: list[str]) -> None:
    code, out, err = run(verb[0], "--run-dir", tmp_path, *verb[1:])
    assert (code, out) == (2, "")
    assert "start it with `bt-console lab up`" in err


def test_the_command_alone_says_its_verbs(run: Run) -> None:
    code, _, err = run()
    assert code == 2
    assert "up, down, status, fault, heal, exec" in err
