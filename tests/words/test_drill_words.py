from bt_console.lab.faults import discover
from bt_console.words import tell


def test_every_argument_of_every_fault_has_a_name_people_read() -> None:
    names = {argument.name for kind in discover().values() for argument in kind.arguments}
    assert names
    codes = [f"drill.argument.{name}" for name in sorted(names)]
    assert [code for code in codes if tell("vi", code) == code or tell("en", code) == code] == []
