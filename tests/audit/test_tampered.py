"""One row changed, and the check names it: invariant and place."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from molva.audit import run_checks
from molva.commissions.models import AccrualLot, Commission
from molva.kit import clock
from molva.kit.triggers import install_sql, remove_sql, run
from molva.ledger.models import Account, LedgerHead, Posting, Transaction
from molva.orders.models import Order, OrderLine
from molva.payouts import services as payouts
from molva.payouts.models import Payout, PayoutLine
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.programmes.services import publish_terms, withdraw_terms
from molva.tracking.models import Attribution
from molva.workspaces.scoping import scope
from tests.audit.conftest import RULES, Month, tamper
from tests.commissions.conftest import SETTINGS, START
from tests.factories import make_partner, make_programme, make_workspace


def found() -> set[tuple[str, str]]:
    return {(breach.invariant, breach.where) for breach in run_checks()}


def name(row: Commission) -> str:
    return f"commission {row.pk} (order {row.order.number}, level {row.level})"


def order_name(row: Commission) -> str:
    return f"order {row.order.number} ({row.order_id}), partner {row.partner.code}, level {row.level}"


def account(kind: str) -> int:
    return Account.objects.get(kind=kind).pk


def posting_of(number: int) -> Posting:
    return Posting.objects.get(transaction__number=number)


def test_sound_books_have_no_breach(month: Month) -> None:
    assert run_checks() == []
    assert run_checks(month.shop.programme.workspace) == []
    assert run_checks(partners=[month.shop.boris]) == []


def test_a_changed_amount(month: Month) -> None:
    row = month.commission("1002")
    tamper("ledger_posting", "UPDATE ledger_posting SET amount_minor = 10001 WHERE id = %s", posting_of(3).pk)

    assert found() == {
        ("I7", "transaction № 3"),
        ("I2", f"commission {row.pk}"),
        ("I2", f"partner {row.partner_id}"),  # whose balance the database has added up before
        ("I2", f"account {account('expense')} (expense)"),
        ("I2", f"figures of partner {row.partner_id}"),
        ("I2", f"days of partner {row.partner_id} in the books"),
    }


def test_a_removed_posting(month: Month) -> None:
    line = PayoutLine.objects.get(kind="welcome")
    tamper("ledger_posting", "DELETE FROM ledger_posting WHERE id = %s", posting_of(11).pk)

    assert found() == {
        ("I1", "transaction № 11"),
        ("I7", "transaction № 11"),
        ("I5", "transaction № 13"),
        ("I12", f"payout {month.payout.pk}, line {line.pk}"),
        ("I2", f"partner {month.payout.partner_id}"),
        ("I2", f"account {account('expense')} (expense)"),
        ("I2", f"days of partner {month.payout.partner_id} in the books"),
    }


def test_a_changed_kind(month: Month) -> None:
    tamper("ledger_transaction", "UPDATE ledger_transaction SET kind = 'release' WHERE number = 11")

    assert found() == {
        ("I1", "transaction № 11"),
        ("I6", "transaction № 11"),
        ("I7", "transaction № 11"),
        ("I2", f"days of partner {month.payout.partner_id} in the books"),
    }


def test_a_posting_of_another_programme(month: Month) -> None:
    stranger = make_partner(make_programme())
    account = Account(programme=stranger.programme, partner=stranger, kind="held")
    account.save()
    posting = posting_of(5)
    tamper(
        "ledger_posting", "UPDATE ledger_posting SET to_account_id = %s WHERE id = %s", account.pk, posting.pk
    )

    assert ("I1", f"transaction № 5, posting {posting.pk}") in found()


def test_an_adjustment_without_a_reason(month: Month) -> None:
    tamper("ledger_transaction", "UPDATE ledger_transaction SET facts = '{}' WHERE number = 12")

    assert found() == {("I5", "transaction № 12"), ("I7", "transaction № 12")}


def test_a_missing_trigger(month: Month) -> None:
    run(connection, ["ledger_posting"], remove_sql)
    assert found() == {("I6", "table ledger_posting")}
    run(connection, ["ledger_posting"], install_sql)


def test_a_correction_of_nothing(month: Month) -> None:
    tamper("ledger_transaction", "UPDATE ledger_transaction SET level = 2 WHERE number = 15")

    assert found() == {("I6", "transaction № 15"), ("I7", "transaction № 15")}


def test_a_moved_head(month: Month) -> None:
    LedgerHead.objects.update(last_number=99)

    assert found() == {("I7", "transaction № 99")}


@pytest.mark.parametrize(("number", "kind"), [("1002", "I3"), ("1001", "I4")])
def test_a_commission_that_says_other_than_the_books(month: Month, number: str, kind: str) -> None:
    row = month.commission(number)
    Commission.objects.filter(pk=row.pk).update(posted_minor=7)

    assert found() == {("I2", f"commission {row.pk}"), (kind, order_name(row))}


def test_a_lot_that_waits_for_other_money(month: Month) -> None:
    row = month.commission("1003")
    AccrualLot.objects.filter(commission=row).update(held_minor=1)

    assert found() == {("I2", f"commission {row.pk}")}


def test_an_order_line_changed_behind_the_settlement(month: Month) -> None:
    OrderLine.objects.filter(order__number="1002").update(total_minor=90_000)

    rows = [month.commission("1002", level) for level in (1, 2)]
    assert found() == {("I3", order_name(row)) for row in rows}


def test_an_order_given_to_another(month: Month) -> None:
    order = month.order("1002")
    Order.objects.filter(pk=order.pk).update(partner=month.shop.anna)

    assert found() == {("I18", f"order 1002 ({order.pk})")}


def test_an_attribution_moved(month: Month) -> None:
    row = Attribution.objects.get(partner=month.shop.boris)
    Attribution.objects.filter(pk=row.pk).update(started_at=row.started_at + timedelta(seconds=1))

    assert found() == {("I18", f"customer {row.customer_id}")}


def test_an_amount_owed_by_nobodys_reckoning(month: Month) -> None:
    row = month.commission("1002")
    Commission.objects.filter(pk=row.pk).update(owed_minor=10_001)

    assert found() == {("I3", order_name(row)), ("I13", name(row)), ("I15", name(row))}


def change_explanation(row: Commission, line: dict[str, Any] | None = None, **fields: Any) -> None:
    why = copy.deepcopy(row.explanation)
    why.update(fields)
    why["lines"][0].update(line or {})
    Commission.objects.filter(pk=row.pk).update(explanation=why)


def test_another_rate_in_an_explanation(month: Month) -> None:
    row = month.commission("1002")
    change_explanation(row, {"percent": "11"})

    assert found() == {("I13", name(row)), ("I14", name(row))}


def test_an_explanation_lost(month: Month) -> None:
    row = month.commission("1002")
    Commission.objects.filter(pk=row.pk).update(explanation={})

    assert found() == {("I13", name(row))}


def test_parts_that_do_not_make_the_whole(month: Month) -> None:
    row = month.commission("1002")
    change_explanation(row, {"amount_minor": 9_999})

    assert found() == {("I15", name(row))}


def test_more_than_the_cap(month: Month) -> None:
    row = month.commission("1002")
    change_explanation(
        row, {"total_minor": 600_000, "base_minor": 600_000, "uncut_minor": 60_000, "amount_minor": 60_000}
    )

    assert ("I16", name(row)) in found()


def test_a_level_that_the_terms_do_not_pay(month: Month) -> None:
    row = month.commission("1002", level=2)
    Commission.objects.filter(pk=row.pk).update(level=3)
    row.level = 3

    assert ("I16", name(row)) in found()


def test_a_circle_of_inviters(month: Month) -> None:
    Partner.objects.filter(pk=month.shop.anna.pk).update(invited_by=month.shop.boris)

    assert found() == {("I16", f"partner {month.shop.anna.pk}")}


def test_two_sales_in_one_place(month: Month) -> None:
    second, third = month.commission("1002"), month.commission("1003")
    change_explanation(third, paid_place=second.explanation["paid_place"])

    assert found() == {("I17", f"commission {third.pk}")}


def test_a_sale_beyond_the_limit(month: Month) -> None:
    row = month.commission("1003")
    change_explanation(row, paid_place=4)

    assert found() == {("I13", name(row)), ("I17", name(row))}


def test_a_plan_that_was_withdrawn_never_held(month: Month) -> None:
    """Its moment passes, orders come after it: they go by the former terms, and that is right."""
    programme = month.shop.programme
    with clock.pretend(START - timedelta(days=2)):
        plan = publish_terms(
            programme=programme, settings=SETTINGS, rules=RULES[1:], actor=None, based_on=1,
            valid_from=START + timedelta(days=0.5),
        )  # fmt: skip
        withdraw_terms(version=plan, actor=None)
    assert run_checks() == []
    row = month.commission("1002")
    Commission.objects.filter(pk=row.pk).update(terms=plan)
    assert ("I14", f"commission {row.pk}") in found()


def test_terms_edited_in_place(month: Month) -> None:
    rules = str(RULES).replace("'", '"').replace('"10"', '"12"')
    tamper("programmes_termsversion", "UPDATE programmes_termsversion SET rules = %s", rules)

    breaches = found()
    for number, level in (("1002", 1), ("1003", 1)):
        row = month.commission(number, level)
        assert {("I14", name(row)), ("I3", order_name(row))} <= breaches


def test_terms_of_another_time(month: Month) -> None:
    later = publish_terms(
        programme=month.shop.programme, settings=SETTINGS, rules=RULES, actor=None, based_on=1
    )
    assert run_checks() == []
    row = month.commission("1002")
    Commission.objects.filter(pk=row.pk).update(terms=later)

    assert found() == {("I14", f"commission {row.pk}")}


def test_terms_that_begin_later_change_nothing(month: Month) -> None:
    with clock.pretend(clock.now() + timedelta(days=400)):
        publish_terms(programme=month.shop.programme, settings=SETTINGS, rules=RULES, actor=None, based_on=1)

    assert (run_checks(), TermsVersion.objects.count()) == ([], 2)


def test_a_payout_of_another_amount(month: Month) -> None:
    Payout.objects.update(amount_minor=275_01)

    where = f"payout {month.payout.pk}"
    assert {breach.what for breach in run_checks()} == {
        "is 27501, its lines make 27500",
        "is paid with 27501, the books have 0 in payout and 27500 paid",
    }
    assert found() == {("I12", where)}


@pytest.mark.parametrize("status", ["draft", "approved", "cancelled", "failed"])
def test_a_payout_of_another_status(month: Month, status: str) -> None:
    Payout.objects.update(status=status)

    assert found() == {("I12", f"payout {month.payout.pk}")}


def test_money_drawn_twice(month: Month) -> None:
    lines = list(month.payout.lines.all())
    PayoutLine.objects.filter(pk=lines[0].pk).update(amount_minor=lines[0].amount_minor + 1)
    PayoutLine.objects.filter(pk=lines[1].pk).update(amount_minor=lines[1].amount_minor - 1)

    assert found() == {("I12", f"payout {month.payout.pk}, line {lines[0].pk}")}


def test_a_line_for_anothers_commission(month: Month) -> None:
    line = month.payout.lines.get(commission__order__number="1002")
    PayoutLine.objects.filter(pk=line.pk).update(commission=month.commission("1003", 2))

    assert ("I12", f"payout {month.payout.pk}, line {line.pk}") in found()


def test_a_payout_transaction_of_no_payout(month: Month) -> None:
    tamper("ledger_transaction", "UPDATE ledger_transaction SET payout_id = NULL WHERE number = 14")

    assert found() == {
        ("I7", "transaction № 14"),
        ("I12", "transaction № 14"),
        ("I12", f"payout {month.payout.pk}"),
    }


def test_a_fraction_of_a_kopeck(month: Month) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL does not let a fraction into such a column")
    order = month.order("1002")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET total_minor = 130000.5 WHERE id = %s", [order.pk])

    assert ("I15", f"orders_order {order.pk}") in found()


def test_a_row_of_another_workspace(month: Month) -> None:
    other = make_workspace()
    order = month.order("1004")
    Order.objects.filter(pk=order.pk).update(workspace=other)

    commission = Commission.objects.get(order_id=order.pk)
    assert {
        ("I21", f"commissions_commission {commission.pk}"),
        ("I21", f"orders_order {order.pk}"),
    } <= found()


def test_a_row_of_another_programme(month: Month) -> None:
    row = month.commission("1004")
    Commission.objects.filter(pk=row.pk).update(programme=make_programme())

    assert ("I21", f"commissions_commission {row.pk}") in found()


def test_one_workspace_is_not_blamed_for_another(month: Month) -> None:
    quiet = make_workspace()
    LedgerHead.objects.update(last_number=99)

    assert run_checks(quiet) == []
    assert len(run_checks(month.shop.programme.workspace_id)) == 1


def test_a_judgement_that_breaks_does_not_hide_the_rest(month: Month) -> None:
    order = month.order("1004")
    Order.objects.filter(pk=order.pk).update(creation={})
    Attribution.objects.filter(partner=month.shop.boris).delete()
    customer = month.order("1002").customer_id

    assert found() == {("I3", f"customer {order.customer_id}"), ("I18", f"customer {customer}")}


def test_of_some_partners_only_what_their_drafts_rest_on_is_looked_at(month: Month) -> None:
    anna, boris = month.shop.anna, month.shop.boris
    payouts.draft_payout(partner=anna, actor=month.owner)  # of the second level
    assert run_checks(partners=[anna, boris]) == []
    order = month.order("1002")
    Order.objects.filter(pk=order.pk).update(reason="link")
    assert [breach.invariant for breach in run_checks(partners=[anna])] == ["I18"]
    assert run_checks(partners=[boris]) == []  # nothing of it is drawn by a draft of his
    tamper(
        "ledger_posting",
        "UPDATE ledger_posting SET amount_minor = 10001 WHERE id = %s",
        posting_of(1).pk,
    )
    assert {breach.invariant for breach in run_checks(partners=[boris])} == {"I2", "I7"}
    assert [breach.invariant for breach in run_checks(partners=[anna])] == ["I18"]


def test_the_check_writes_nothing(month: Month, django_assert_max_num_queries: Any) -> None:
    before = (Transaction.objects.count(), Programme.objects.count())
    with django_assert_max_num_queries(200) as asked:
        run_checks()

    assert all(query["sql"].lstrip().upper().startswith(("SELECT", "DECLARE")) for query in asked)
    assert (Transaction.objects.count(), Programme.objects.count()) == before
    with scope(make_workspace()):
        assert run_checks(0) == []
