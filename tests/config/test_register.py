"""The register of devices: any spreadsheet's CSV or a YAML list; all of it in force, or every bad row told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.config.load import ConfigErrors, Settings
from bt_console.config.register import PROBLEMS_MAX, Register, read_register
from bt_console.model.inventory import Approval, Unit, UnitId, UnitKind

FILES = sorted(path for path in Path(__file__).with_name("bad_registers").iterdir() if path.suffix != ".txt")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
CAO_SON, HA_VI = UnitId("cao-son"), UnitId("ha-vi")
UNITS = {
    UnitId("hub"): Unit(id=UnitId("hub"), name="UBND huyện", kind=UnitKind.HUB),
    CAO_SON: Unit(id=CAO_SON, name="Xã Cao Sơn", kind=UnitKind.COMMUNE),
    HA_VI: Unit(id=HA_VI, name="Xã Hà Vị", kind=UnitKind.COMMUNE),
}
PC = Approval(mac="b4:22:00:00:00:01", unit_id=CAO_SON, name="Máy một cửa", kind="PC", note="bàn 1")
Loader = Callable[..., Settings]


def register(tmp_path: Path, content: str | bytes, name: str = "devices.csv") -> Register:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_register(path, UNITS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_bad_register_gets_exactly_the_expected_messages(path: Path) -> None:
    found = read_register(path, UNITS)
    told = "".join(f"{problem}\n" for problem in found.problems).replace(str(path), "FILE")
    assert told == path.with_name(path.name + ".txt").read_text(encoding="utf-8")


def test_every_bad_register_has_its_message() -> None:
    messages = {path.stem for path in Path(__file__).with_name("bad_registers").glob("*.txt")}
    assert messages == {path.name for path in FILES}
    assert len(FILES) >= 15


@pytest.mark.parametrize(
    "content",
    [
        "mac,unit,name,kind,note\nb4:22:00:00:00:01,cao-son,Máy một cửa,PC,bàn 1\n",
        "\ufeffMAC;Đơn vị;Tên;Loại;Ghi chú\r\nB4-22-00-00-00-01;Xã Cao Sơn;Máy một cửa;PC;bàn 1\r\n",
        '\nGhi chú,Tên,"Mã đơn vị",Loại,Địa chỉ MAC\n\n"bàn 1"," Máy một cửa ",cao-son,PC,b422.0000.0001,,\n,,\n',
        "note;name;;unit;kind;mac\nbàn 1;Máy một cửa;bỏ qua;xã cao sơn;PC;b42200000001",
        "mac,unit,name,kind,note\rb4:22:0:0:0:1,cao-son,Máy một cửa,PC,bàn 1",
    ],
)
def test_spreadsheets_of_any_setting_say_the_same(tmp_path: Path, content: str) -> None:
    found = register(tmp_path, content)
    assert found.problems == ()
    assert found.approvals == {PC.mac: PC}


def test_a_yaml_list_says_the_same(tmp_path: Path) -> None:
    written = "- {mac: b4:22:00:00:00:01, unit: cao-son, name: Máy một cửa, kind: PC, note: bàn 1}\n"
    written += "- mac: 101122334455\n  Đơn vị: Xã Hà Vị\n  tên: 5\n"
    found = register(tmp_path, written, "devices.yaml")
    assert found.problems == ()
    other = Approval(mac="10:11:22:33:44:55", unit_id=HA_VI, name="5")
    assert found.approvals == {PC.mac: PC, other.mac: other}


def test_a_made_up_address_needs_a_reason(tmp_path: Path) -> None:
    found = register(tmp_path, "mac,unit,name,note\n52:54:00:00:00:01,hub,Máy ảo,máy chủ 2\n")
    assert [approval.note for approval in found.approvals.values()] == ["máy chủ 2"]


def test_the_apostrophe_that_keeps_a_spreadsheet_quiet_is_no_part_of_a_name(tmp_path: Path) -> None:
    found = register(tmp_path, "mac,unit,name\nb4:22:00:00:00:01,hub,'=1+1\nb4:22:00:00:00:02,hub,'quoted'\n")
    assert [approval.name for approval in found.approvals.values()] == ["=1+1", "'quoted'"]


def test_thousands_of_mistakes_are_not_all_told(tmp_path: Path) -> None:
    found = register(tmp_path, "mac,unit,name\n" + "x,cao-son,y\n" * 5000)
    assert len(found.problems) == PROBLEMS_MAX + 1
    assert found.problems[-1].message == "4900 more mistakes are not listed"


def test_the_register_of_a_configuration_comes_into_force_with_it(small: Loader, tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("mac,unit,name\nb4:22:00:00:00:01,cao-son,Máy\n", encoding="utf-8")
    found = small("devices_file: devices.csv\ndevices_missing_after: 3d\n")
    assert [approval.name for approval in found.inventory.approvals.values()] == ["Máy"]
    assert found.inventory.devices_missing_after_s == 3 * 86400
    assert found.files == (found.path, tmp_path / "devices.csv")
    before = found.revision
    (tmp_path / "devices.csv").write_text("mac,unit,name\nb4:22:00:00:00:01,cao-son,Máy khác\n", encoding="utf-8")
    assert small("devices_file: devices.csv\ndevices_missing_after: 3d\n").revision != before


def test_one_bad_row_and_nothing_comes_into_force_and_all_mistakes_of_both_files_are_told(
    small: Loader, tmp_path: Path
) -> None:
    (tmp_path / "devices.csv").write_text(
        "mac,unit,name\nx,cao-son,Máy\nb4:22:00:00:00:02,cao-sn,Máy\n", encoding="utf-8"
    )
    with pytest.raises(ConfigErrors) as caught:
        small("devices_file: devices.csv\n", ("address: 10.254.1.11", "address: 10.254.1"))
    places = [f"{Path(problem.file).name}:{problem.line}:{problem.column}" for problem in caught.value.problems]
    assert places == ["devices.csv:2:1", "devices.csv:3:19", "small.yaml:13:14"]
    assert caught.value.files == (tmp_path / "small.yaml", tmp_path / "devices.csv")
    assert "(did you mean cao-son?)" in str(caught.value)


def test_a_unit_left_out_for_a_mistake_of_its_own_is_no_mistake_of_the_register(small: Loader, tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("mac,unit,name\nb4:22:00:00:00:01,cao-son,Máy\n", encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        small("devices_file: devices.csv\n", ("tslcd: 10.255.2.2", "tslcd: nowhere"))
    assert [Path(problem.file).name for problem in caught.value.problems] == ["small.yaml"]


def test_a_register_that_is_not_there_is_told_where_it_is_named(small: Loader, tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        small("devices_file: devices.csv\n")
    (problem,) = caught.value.problems
    assert (Path(problem.file).name, problem.line) == ("small.yaml", 22)
    assert "devices.csv: there is no such file" in problem.message
    assert caught.value.files == (tmp_path / "small.yaml", tmp_path / "devices.csv")


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    found = register(tmp_path, example)
    assert found.problems == ()
    assert [approval.unit_id for approval in found.approvals.values()] == ["cao-son", "cao-son", "hub"]


lines = st.lists(st.text(st.sampled_from("mac,unit;name\"b4:220-\n'=\x00\ufeff é"), max_size=40), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), lines.map(lambda found: ("mac,unit,name\n" + "\n".join(found)).encode())))
def test_whatever_a_file_holds_it_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.mktemp("fuzz")
    for name in ("devices.csv", "devices.yaml"):
        found = register(directory, content, name)
        assert all(problem.message and problem.file for problem in found.problems)
        for mac, approval in found.approvals.items():
            assert (approval.mac, approval.unit_id in UNITS, bool(approval.name)) == (mac, True, True)
