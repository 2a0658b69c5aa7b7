"""The books of one order and level."""

from hypothesis import given
from hypothesis import strategies as st

from molva.domain.postings import NOTHING, Holding, Lot, Movement, release, settle
from molva.domain.terms import DAY


def test_accrue_without_a_hold_is_available_at_once() -> None:
    assert settle(NOTHING, 100, 5, 0) == (Holding(100, ()), Movement("accrual", 5, 100, 0, 100))


def test_accrue_waits() -> None:
    assert settle(NOTHING, 100, 5, 2) == (
        Holding(100, (Lot(5 + 2 * DAY, 100),)),
        Movement("accrual", 5, 100, 100, 0),
    )


def test_twice_is_once() -> None:
    holding, _ = settle(NOTHING, 100, 5, 2)
    assert settle(holding, 100, 6, 2) == (holding, None)


def test_correction_takes_the_oldest_first_then_what_is_available() -> None:
    holding = Holding(200, (Lot(10, 30), Lot(20, 50)))
    assert settle(holding, 160, 7, 2) == (
        Holding(160, (Lot(20, 40),)),
        Movement("correction", 7, -40, -40, 0),
    )
    assert settle(holding, 0, 7, 2) == (Holding(0, ()), Movement("correction", 7, -200, -80, -120))


def test_release_is_what_is_left_at_its_own_time() -> None:
    holding = Holding(200, (Lot(10, 30), Lot(20, 50), Lot(30, 1)))
    assert release(holding, 20) == (
        Holding(200, (Lot(30, 1),)),
        [Movement("release", 10, 30, -30, 30), Movement("release", 20, 50, -50, 50)],
    )
    assert release(holding, 9) == (holding, [])


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 3 * DAY)), max_size=12), st.integers(0, 2))
def test_held_and_available_are_sums_of_movements(steps: list[tuple[int, int]], hold_days: int) -> None:
    """Whatever is owed over time: held is never negative, held and available add up to what was posted."""
    holding, at, held, available = NOTHING, 0, 0, 0
    for owed, later in steps:
        at += later
        holding, released = release(holding, at)
        holding, movement = settle(holding, owed, at, hold_days)
        for one in (*released, *([movement] if movement else [])):
            held += one.held_minor
            available += one.available_minor
            expected = 0 if one.kind == "release" else one.amount_minor
            assert one.held_minor + one.available_minor == expected
        assert holding.posted_minor == owed == held + available
        assert held == sum(lot.left_minor for lot in holding.lots) >= 0
