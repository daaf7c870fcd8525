from __future__ import annotations

import pytest

from probes._wire.kernel_clock import ClockState, clock_state, read_clock


@pytest.mark.parametrize(
    ("numbers", "state"),
    [
        ((0x0040, 0, 16_000_000), ClockState(is_synchronised=False, offset_s=0.0, error_s=16.0)),
        ((0x0001, -250, 1_500), ClockState(is_synchronised=True, offset_s=-0.00025, error_s=0.0015)),
        ((0x2001, -250_000, 1_500), ClockState(is_synchronised=True, offset_s=-0.00025, error_s=0.0015)),
    ],
)
def test_the_kernels_numbers_become_seconds(numbers: tuple[int, int, int], state: ClockState) -> None:
    assert clock_state(*numbers) == state


def test_this_kernel_answers_within_what_it_may_say() -> None:
    state = read_clock()
    assert state is not None
    assert 0.0 <= state.error_s <= 16.0
    assert abs(state.offset_s) <= 0.5
