"""Whose a run directory is, and that the dead leave nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bt_console.lab.errors import LabError
from bt_console.lab.rundir import claim, default_run_dir, is_gone, live_owner, sweep


def test_a_new_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    run_dir = tmp_path / "deep" / "lab"
    assert claim(run_dir)
    assert run_dir.stat().st_mode & 0o777 == 0o700
    assert live_owner(run_dir) == os.getpid()


def test_a_live_owner_is_not_pushed_out(tmp_path: Path) -> None:
    claim(tmp_path)
    with pytest.raises(LabError, match=f"pid {os.getpid()}"):
        claim(tmp_path)


def _dead_owner(run_dir: Path) -> None:
    code = "import sys; from pathlib import Path; from bt_console.lab.rundir import claim; claim(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(run_dir)], check=True)


def test_what_a_dead_owner_left_is_swept_by_the_next(tmp_path: Path) -> None:
    run_dir = tmp_path / "lab"
    _dead_owner(run_dir)
    (run_dir / "ca.pem").write_text("old", encoding="ascii")
    (run_dir / "keys").mkdir()
    (run_dir / "keys" / "mail-good.pem").write_text("old", encoding="ascii")
    assert live_owner(run_dir) is None
    assert not claim(run_dir)
    assert sorted(path.name for path in run_dir.iterdir()) == ["owner.json"]
    assert live_owner(run_dir) == os.getpid()


def test_a_pid_used_again_by_another_process_is_not_the_owner(tmp_path: Path) -> None:
    claim(tmp_path)
    owner = json.loads((tmp_path / "owner.json").read_text(encoding="ascii"))
    owner["start_ticks"] -= 1
    (tmp_path / "owner.json").write_text(json.dumps(owner), encoding="ascii")
    assert live_owner(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x", "start_ticks": 1}', '{"pid": 1, "start_ticks": null}'])
def test_a_half_written_mark_is_nobodys(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner.json").write_text(text, encoding="ascii")
    assert live_owner(tmp_path) is None


def test_sweeping_leaves_the_files_of_others_alone(tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / "store.sqlite").write_text("mine", encoding="ascii")
    sweep(tmp_path, is_ours=True)
    assert is_gone(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["store.sqlite"]


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(LabError, match="is not a directory"):
        claim(tmp_path / "file")
    with pytest.raises(LabError, match="cannot use directory"):
        claim(tmp_path / "file" / "lab")


def test_the_default_directory_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_run_dir() == tmp_path / "bt-console" / "lab"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_run_dir() == tmp_path / ".local" / "state" / "bt-console" / "lab"
