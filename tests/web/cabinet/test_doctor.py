"""The link doctor and the masks of names, as tables."""

import pytest

from molva.reports.cabinet_doctor import examine
from molva.tracking.services import create_link, set_link_active
from molva.web.cabinet.links import fault_words
from molva.web.cabinet.words import masked
from tests.commissions.conftest import Shop

SHOP = "https://shop.example"
HERE = "http://127.0.0.1:9"
GOOD = f"{SHOP}/?aff=boris"
TEA = f"{SHOP}/%D1%87%D0%B0%D0%B9"

# what was pasted, what is wrong with it, what is offered instead
TABLE = [
    (GOOD, "", ""),
    (f"{SHOP}/?aff=BORIS", "", ""),
    (f"{SHOP}/tea?a=b&aff=boris#x", "", ""),
    (f"{TEA}?aff=boris", "", ""),
    (f"{SHOP}/чай?aff=boris", "", ""),
    (f"{SHOP}/tea", "no_mark", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea/", "no_mark", f"{SHOP}/tea/?aff=boris"),
    (f"{SHOP}/tea?a=b", "no_mark", f"{SHOP}/tea?a=b&aff=boris"),
    (f"{SHOP}/tea#x", "no_mark", f"{SHOP}/tea?aff=boris#x"),
    (f"{SHOP}/чай", "no_mark", f"{TEA}?aff=boris"),
    (f"{SHOP}/#x?aff=boris", "in_anchor", f"{SHOP}/?aff=boris#x"),
    (f"{SHOP}/tea#aff=boris", "in_anchor", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea&aff=boris", "broken_mark", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea?aff=boris/", "broken_mark", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea?a=b?aff=boris", "broken_mark", f"{SHOP}/tea?a=b&aff=boris"),
    (f"{SHOP}/tea?aff=", "broken_mark", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea?aff=anna", "other_mark", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea?aff=boris&aff=anna", "twice", f"{SHOP}/tea?aff=boris"),
    (f"{SHOP}/tea?a=b&amp;aff=boris", "wrapped", f"{SHOP}/tea?a=b&aff=boris"),
    (f"«{GOOD}».", "wrapped", GOOD),
    ("shop.example/?aff=boris", "no_scheme", GOOD),
    ("https://other.example/?aff=boris", "foreign_host", ""),
    ("hello there", "not_an_address", ""),
    ("ftp://shop.example/", "not_an_address", ""),
    ("  ", "empty", ""),
    (f"{HERE}/r/boris", "", ""),
    (f"{HERE}/r/BORIS?sub1=mail", "", ""),
    (f"{HERE}/r/boris?to=/tea%3Fa=b", "", ""),
    (f"{HERE}/r/boris?to={SHOP}/tea", "", ""),
    (f"{HERE}/r/boris?to=//other.example/", "link_page", f"{HERE}/r/boris"),
    ("127.0.0.1:9/r/boris", "no_scheme", f"{HERE}/r/boris"),
    (f"({HERE}/r/boris)", "wrapped", f"{HERE}/r/boris"),
    (f"{HERE}/r/anna", "link_other", f"{HERE}/r/boris"),
    (f"{HERE}/r/nobody", "link_unknown", f"{HERE}/r/boris"),
    (f"{HERE}/r/old", "link_stopped", f"{HERE}/r/boris"),
]


@pytest.mark.parametrize(("pasted", "fault", "repaired"), TABLE)
def test_the_doctor_names_the_fault_and_offers_what_counts(
    shop: Shop, pasted: str, fault: str, repaired: str
) -> None:
    set_link_active(link=create_link(partner=shop.boris, code="old"), is_active=False, actor=None)
    found = examine(pasted, shop.boris)
    assert (found.fault, found.repaired) == (fault, repaired)
    assert bool(fault_words(found.fault, shop.boris, found.host)) is bool(fault)
    if repaired:
        assert examine(repaired, shop.boris).is_well


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Марина Кузнецова", "Марина К."),
        ("Анна Мария Белозёрская", "Анна М."),
        ("Buyer", "Buyer"),
        ("kate@example.org", "k…@…"),
        ("+7 900 123-45-67", "…67"),
        ("№ 15", "№ 15"),
        ("", ""),
    ],
)
def test_a_client_is_shown_without_the_family_name(name: str, shown: str) -> None:
    assert masked(name) == shown
