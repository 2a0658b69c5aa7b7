"""Numbers as people type them, in both languages."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from molva.web.ui.numbers import DecimalField

TYPED = [
    ("ru", "150,50", "150.50"), ("ru", "150.50", "150.50"), ("ru", "1 150,5", "1150.5"), ("ru", "-100,50", "-100.50"),
    ("en", "150,50", "150.50"), ("en", "150.50", "150.50"), ("en", "1\u00a0150,5", "1150.5"), ("en", "12", "12"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "typed", "meant"), TYPED)
def test_a_comma_and_a_point_both_make_a_fraction(language: str, typed: str, meant: str) -> None:
    with translation.override(language):
        assert DecimalField().clean(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["1,500", "1,5,0", "abc", "1.5.0", ","])
def test_what_may_mean_two_sums_or_none_is_refused_in_english(typed: str) -> None:
    with translation.override("en"), pytest.raises(ValidationError):
        DecimalField().clean(typed)
