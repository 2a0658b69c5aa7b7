"""Exports are read after the view has ended: they must still know whose rows they may show."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from molva.kit.sheets import csv_cell
from tests.security.conftest import CANARY, Twin

LISTS = ("partners", "orders", "commissions", "payouts", "report_accruals", "report_sales")


def test_a_file_is_sent_whole_outside_any_scope(twins: tuple[Twin, Twin], as_user: Callable):
    ours, _theirs = twins
    client = as_user(ours.people["owner"])
    for name in LISTS:
        url = reverse(f"office:{name}", args=[ours.programme.code])
        text = b"".join(client.get(url, {"as": "csv", "period": "all"})).decode()
        assert len(text.splitlines()) > 1, name
        assert CANARY not in text


@pytest.mark.parametrize(
    "word",
    ["=1+1", "+7 916", "-1", "@SUM(A1)", "\t=1", " =1", "\ufeff=1", "\u00a0@x", "＝1", "\r=1", " \t=1"],
)
def test_no_word_of_a_file_is_a_formula(word: str):
    assert csv_cell(word) == f"'{word}"


@pytest.mark.parametrize(("value", "cell"), [("007", "007"), ("Чай", "Чай"), (-5, "-5"), (None, "")])
def test_plain_words_and_figures_stay_as_they_are(value: object, cell: str):
    assert csv_cell(value) == cell
