"""The list and the card of promo codes: figures, void with a letter, drift, refusals, nobody's codes, evidence."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from molva.integrations.code_checks import check_codes
from molva.jobs.worker import Worker
from molva.orders.models import Order
from molva.tracking.models import PromoCode
from molva.workspaces.scoping import scope
from tests.web.office_codes.conftest import FORM, Firm, MakeCode


def test_the_list_says_what_each_code_sold(firm: Firm, make_code: MakeCode):
    make_code("ANNA10")
    make_code("BORIS5", partner="boris", batch="b" * 16)
    order = firm.order(promo_code="ANNA10")
    answer = firm.owner.get(firm.url("codes"))
    rows = {
        row["promo"].code: (row["state"], row["uses"], row["sold_minor"]) for row in answer.context["rows"]
    }
    assert rows == {"ANNA10": ("there", 1, order.total_minor), "BORIS5": ("there", 0, 0)}
    found = firm.owner.get(firm.url("codes"), {"q": "щукина"}).context["rows"]
    assert [row["promo"].code for row in found] == ["ANNA10"]
    csv = b"".join(firm.owner.get(firm.url("codes"), {"as": "csv"}).streaming_content).decode()
    assert "ANNA10;anna;Анна Щукина;−10%" in csv
    assert firm.browser(firm.people["accountant"]).get(firm.url("codes")).context["may_edit"] is False


def test_the_list_asks_as_often_for_three_codes_as_for_one(firm: Firm, make_code: MakeCode):
    client, asked = firm.owner, []
    make_code("A0")
    client.get(firm.url("codes"))
    for number in (1, 2):
        with CaptureQueriesContext(connection) as questions:
            client.get(firm.url("codes"))
        asked.append(len(questions))
        make_code(f"A{number}", batch=f"{number}" * 16)
    assert (asked[0], asked[0] < 40) == (asked[1], True)


def test_void_tells_the_partner_in_a_letter_and_in_the_cabinet(firm: Firm, make_code: MakeCode):
    promo = make_code("ANNA10")
    kept = firm.order(promo_code="ANNA10")
    url = firm.url("code_void", promo.pk)
    assert firm.owner.post(url, {"reason": ""}).context["form"].errors["reason"]
    mail.outbox.clear()
    firm.owner.post(url, {"reason": "Опубликован на сайте купонов"})
    Worker(scope=scope).run_until_empty()
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["anna@example.org"], "Промокод ANNA10 больше не засчитывается")
    assert "Опубликован на сайте купонов" in letter.body
    row = firm.in_shop("ANNA10")
    assert row is not None
    assert row["disabled"] is True
    kept.refresh_from_db()
    assert kept.partner == firm.anna
    text = firm.browser(firm.anna.user, "ru").get(firm.cabinet("codes")).content.decode()
    assert "Опубликован на сайте купонов" in text
    assert firm.owner.get(firm.url("code_edit", promo.pk)).status_code == 302


def test_a_code_as_the_mark_of_a_link_counts_until_it_is_void(firm: Firm, make_code: MakeCode):
    promo = make_code("ANNA10")
    first = firm.order(email="one@example.org", location="/?aff=anna10")
    assert (first.partner, first.reason) == (firm.anna, "landing")
    firm.owner.post(firm.url("code_void", promo.pk), {"reason": "x"})
    second = firm.order(5, email="two@example.org", location="/?aff=ANNA10")
    first.refresh_from_db()
    assert (first.partner, second.partner) == (firm.anna, None)


def test_three_forms_of_the_mark_credit_the_same_partner(firm: Firm, make_code: MakeCode):
    make_code("ANNA10")
    firm.programme.mark_aliases = ["bc"]
    firm.programme.save()
    marks = ["/?aff=anna", "/p?bc=anna", "/?bc=ANNA10"]
    orders = [firm.order(email=f"b{n}@example.org", location=mark) for n, mark in enumerate(marks)]
    assert [order.partner for order in orders] == [firm.anna] * 3


def test_the_settings_take_aliases_and_refuse_words_of_other_programmes(firm: Firm):
    url = firm.url("settings")
    form = firm.owner.get(url).context["form"]
    data = {name: value for name, value in form.initial.items() if isinstance(value, str)}
    data |= {"min_payout": "0", "is_registration_open": "on", "mark_aliases": "bc, ref"}
    assert firm.owner.post(url, data).status_code == 302
    firm.programme.refresh_from_db()
    assert firm.programme.mark_words == ["aff", "bc", "ref"]
    refused = firm.owner.post(url, {**data, "mark_aliases": "admitad_uid"}).context["form"].errors
    assert "Admitad" in str(refused["mark_aliases"])


def test_drift_is_shown_and_put_right_by_a_button(firm: Firm, make_code: MakeCode):
    promo = make_code("ANNA10")
    row = firm.in_shop("ANNA10")
    assert row is not None
    row["discount"] = "15.0"
    firm.owner.post(firm.url("codes_check"))
    Worker(scope=scope).run_until_empty()
    card = firm.owner.get(firm.url("code", promo.pk)).content.decode()
    assert "discount: 15% in the shop, 10% here" in card
    assert [
        r["promo"].pk for r in firm.owner.get(firm.url("codes"), {"state": "differs"}).context["rows"]
    ] == [promo.pk]
    firm.owner.post(firm.url("code_bring", promo.pk))
    firm.bring()
    assert row["discount"] == "10.0"
    row["discount"] = "15.0"
    check_codes(programme_id=firm.programme.pk)
    firm.owner.post(firm.url("code_accept", promo.pk))
    firm.bring()
    promo.refresh_from_db()
    assert (row["discount"], promo.discount) == ("15.0", 1500)


def test_an_edit_reaches_the_shop(firm: Firm, make_code: MakeCode):
    promo = make_code("ANNA10")
    url = firm.url("code_edit", promo.pk)
    assert firm.owner.get(url).context["form"].initial["discount"] == 10
    wish = {
        "discount_kind": "percent",
        "discount": "12.5",
        "limit": "client",
        "min_order": "1000",
        "is_private": "on",
    }
    firm.owner.post(url, wish)
    firm.bring()
    row = firm.in_shop("ANNA10")
    assert row is not None
    assert (row["discount"], row["act_once_for_client"], row["min_price"]) == ("12.5", True, "1000.0")
    promo.refresh_from_db()
    assert promo.is_private is True


@pytest.mark.parametrize("way", ["respell", "keep"])
def test_a_refused_code_goes_on_either_way(firm: Firm, way: str):
    firm.shop.add_row("code", code="ANNA10", discount="5", type_id=1)
    firm.connection.refresh_from_db()
    form = {**FORM, "whom": "chosen", "partners": "anna", "pattern": "ANNA10"}
    seen = firm.owner.post(firm.url("codes_make"), form).context["print"]
    firm.owner.post(firm.url("codes_make"), {**form, "seen": seen, "sure": "1"})
    firm.bring()
    promo = PromoCode.objects.get()
    card = firm.owner.get(firm.url("code", promo.pk))
    assert card.context["respell_form"].initial["code"] == "ANNA10-2"
    assert card.context["is_taken"] is True
    if way == "respell":
        taken = firm.owner.post(firm.url("code_respell", promo.pk), {"code": "boris"})
        assert taken.context["respell_form"].errors["code"]
        firm.owner.post(firm.url("code_respell", promo.pk), {"code": "ANNA77"})
        firm.bring()
        assert firm.in_shop("ANNA77") is not None
    else:
        firm.owner.post(firm.url("code_keep", promo.pk))
        firm.bring()
        order = firm.order(promo_code="ANNA10")
        assert (order.partner, order.reason) == (firm.anna, "code")
    row = firm.in_shop("ANNA10")
    assert row is not None
    assert row["discount"] == "5.0"


@pytest.mark.parametrize(("since", "first_is"), [("now", None), ("first", "anna")])
def test_a_code_of_nobody_is_given_to_a_partner(firm: Firm, since: str, first_is: str | None):
    firm.shop.add_row("code", code="LETO", discount="5", type_id=1)
    first = firm.order(-60, promo_code="LETO")
    assert first.partner is None
    [row] = firm.owner.get(firm.url("codes_nobodys")).context["rows"]
    assert (row.code, row.uses, row.sold_minor) == ("LETO", 1, first.total_minor)
    wrong = firm.owner.post(firm.url("code_give"), {"code": "LETO", "partner": "nobody", "since": since})
    assert wrong.context["form"].errors["partner"]
    firm.owner.post(firm.url("code_give"), {"code": "LETO", "partner": "Anna", "since": since})
    Worker(scope=scope).run_until_empty()
    first = Order.objects.get(pk=first.pk)
    assert (first.partner.code if first.partner else None) == first_is
    second = firm.order(5, email="two@example.org", promo_code="LETO")
    assert second.partner == firm.anna
    assert firm.owner.get(firm.url("codes_nobodys")).context["rows"] == []


def test_outside_pages_of_a_private_code_are_listed(firm: Firm, make_code: MakeCode):
    promo = make_code("ANNA10", is_private="on")
    for number, page in enumerate(
        ["https://coupons.example/a", "https://coupons.example/b", "https://shop.example/"]
    ):
        firm.order(email=f"b{number}@example.org", promo_code="ANNA10", referer=page, location="/")
    found = firm.owner.get(firm.url("code", promo.pk)).context["referrers"]
    assert [(one.host, one.orders) for one in found] == [("coupons.example", 2)]


def test_every_sign_of_an_order_is_shown_with_what_it_did(firm: Firm, make_code: MakeCode):
    make_code("ANNA10")
    order = firm.order(
        promo_code="ANNA10",
        first_location="/?aff=boris",
        location="/?admitad_uid=5",
        referer="https://admitad.example/",
    )
    assert order.partner == firm.anna  # by the terms of a new programme a code goes before a link
    shown = [
        (one.title, one.word, one.why) for one in firm.owner.get(firm.url("order", order.pk)).context["signs"]
    ]
    assert shown == [
        ("Promo code ANNA10", "Decided", ""),
        ("Partner's mark boris", "Did not decide", "gave way: by the terms the other way counts more"),
        ("A mark of Admitad: admitad_uid=5", "Not used", "another programme's: left alone"),
    ]
    later = firm.order(email="two@example.org", first_location="/?aff=boris", location="/?admitad_uid=6")
    [_mark, other] = firm.owner.get(firm.url("order", later.pk)).context["signs"]
    assert (later.partner, other.word, other.tone) == (firm.boris, "Look at it", "need")


def test_a_partner_prints_cards_that_lead_to_the_shop_by_his_link(firm: Firm, make_code: MakeCode):
    promo = make_code("ANNA10")
    anna = firm.browser(firm.anna.user)
    card = anna.get(firm.cabinet("code_card", promo.pk))
    assert card.context["url"].endswith("/r/anna?qr=1")
    assert card.content.decode().count('class="code-card"') == 10
    boris = firm.browser(firm.boris.user)
    assert boris.get(firm.cabinet("code_card", promo.pk)).status_code == 404
    assert "ANNA10" not in boris.get(firm.cabinet("codes")).content.decode()
