"""What a benchmark reports: ratios round by round, aims, and a table a person can read."""

from __future__ import annotations

import pytest

from benchmarks import Figure, Result
from benchmarks.__main__ import main, names, table

FASTER = Figure(what="sweep", unit="s", ours=(1.0, 3.0, 2.0), peers=(2.0, 4.0, 2.0), at_most=0.8)


def test_ratios_pair_ours_with_the_peer_of_the_same_round() -> None:
    assert FASTER.ratios == (0.5, 0.75, 1.0)
    assert FASTER.is_reached is True


def test_without_a_peer_the_values_themselves_are_judged() -> None:
    alone = Figure(what="lost", unit="packets", ours=(0.0, 2.0, 3.0), at_most=0)
    assert alone.ratios == alone.ours
    assert alone.is_reached is False


@pytest.mark.parametrize(("at_least", "is_reached"), [(0.7, True), (0.8, False)])
def test_an_aim_can_be_a_lower_bound(at_least: float, is_reached: bool) -> None:
    figure = Figure(what="rate", unit="1/s", ours=(3.0,), peers=(4.0,), at_least=at_least)
    assert figure.is_reached is is_reached


def test_a_figure_without_an_aim_is_neither_reached_nor_missed() -> None:
    assert Figure(what="rate", unit="1/s", ours=(3.0,)).is_reached is None


def test_rounds_that_do_not_pair_are_an_error_and_not_dropped() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = Figure(what="rate", unit="1/s", ours=(3.0, 4.0), peers=(4.0,)).ratios


def test_the_table_shows_medians_ratio_spread_and_aim() -> None:
    text = table("sweep", Result(peer="fping 5.1", figures=(FASTER,), remarks=("a remark",)))
    lines = text.splitlines()
    assert lines[0] == "sweep against fping 5.1, medians of 3 rounds"
    assert lines[2].split() == ["sweep,", "s", "2", "2", "0.75", "0.5", "-", "1", "<=", "0.8:", "reached"]
    assert lines[3] == "  a remark"


def test_an_unknown_benchmark_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("no benchmark no_such; there are: ")
    assert "icmp_sweep" in message
    assert "icmp_sweep" in names()
