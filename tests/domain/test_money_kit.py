"""The arithmetic everything stands on: rounding, sharing, reading and writing sums."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molva.kit.codes import fold
from molva.kit.emails import normalise
from molva.kit.money import CURRENCY_DIGITS, allocate, format_minor, parse_minor, round_half_up


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 1), (4, 10, 0), (15, 10, 2), (-5, 10, -1), (-4, 10, 0), (-15, 10, -2), (0, 7, 0), (7, 1, 7)],
)
def test_round_half_up(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_up(numerator, denominator) == rounded


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_rounding_is_within_a_half(numerator: int, denominator: int) -> None:
    error = round_half_up(numerator, denominator) - Fraction(numerator, denominator)
    assert -Fraction(1, 2) < error <= Fraction(1, 2)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=12))
def test_shares_add_up_and_are_fair(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < max(whole, 1)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(1, [1, 1, 1], [1, 0, 0]), (2, [1, 1, 2], [1, 0, 1]), (5, [0, 0], [0, 0]), (0, [3], [0]), (7, [], [])],
)
def test_ties_go_to_the_earlier(total: int, weights: list[int], parts: list[int]) -> None:
    assert allocate(total, weights) == parts


@given(st.integers(-(10**15), 10**15), st.sampled_from((0, 2, 3)))
def test_sums_survive_writing_and_reading(minor: int, digits: int) -> None:
    text = format_minor(minor, digits)
    assert (-parse_minor(text[1:], digits) if minor < 0 else parse_minor(text, digits)) == minor


@pytest.mark.parametrize(
    ("text", "digits", "minor"),
    [("5", 2, 500), ("5.1", 2, 510), ("5.100", 2, 510), ("007.50", 2, 750), ("5", 0, 5), ("1.005", 3, 1005)],
)
def test_parse_minor(text: str, digits: int, minor: int) -> None:
    assert parse_minor(text, digits) == minor


@pytest.mark.parametrize(
    "text", ["", ".50", "5.", "1.005", "-1", "+1", "1e2", " 1", "1 ", "1,50", "١.٠٠", "0x1", "1.0.0"]
)
def test_what_is_no_sum(text: str) -> None:
    with pytest.raises(ValueError, match=r"digits|number"):
        parse_minor(text)


def test_currencies() -> None:
    assert [CURRENCY_DIGITS[code] for code in ("RUB", "JPY", "KWD", "KZT")] == [2, 0, 3, 2]


def test_keys() -> None:
    assert fold("  Straße ") == "strasse"
    assert normalise(" Ｘ@X.ru\u00a0") == "x@x.ru"
    assert normalise("  ") is None
