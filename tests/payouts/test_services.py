"""A payout's way: draft, approve, paid; and every way back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Q

from molva.audit.jobs import check_books
from molva.commissions.models import Commission, CommissionStatus
from molva.ledger import services as ledger
from molva.ledger.chain import verify_chain
from molva.ledger.models import LedgerHead, Transaction
from molva.ledger.queries import PartnerBalance, balances
from molva.payouts import services
from molva.payouts.errors import BooksUnsoundError, NothingToPayError, PayoutChangedError, PayoutStateError
from molva.payouts.models import Payout, PayoutStatus
from molva.payouts.queries import payout_lines
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.workspaces.models import Event, User, Workspace
from tests.audit.conftest import tamper
from tests.factories import make_partner, make_programme

AT = datetime(2026, 11, 1, tzinfo=UTC)


def lines(payout: Payout) -> list[tuple[str, int]]:
    return [(line.kind, line.amount_minor) for line in payout_lines(payout)]


def events() -> list[str]:
    about_money = Event.objects.filter(Q(kind__startswith="payout.") | Q(kind__startswith="ledger."))
    return list(about_money.order_by("pk").values_list("kind", flat=True))


def test_draft_is_all_that_is_available_by_its_parts(
    partner: Partner, owner: User, earn: Any, take_back: Any
) -> None:
    first, second = earn(partner, 700_00), earn(partner, 500_00)
    earn(partner, 900_00, is_held=True)
    take_back(second, 100_00)
    ledger.welcome(partner=partner, amount_minor=50_00, at=AT, is_payable=True)
    ledger.adjust(partner=partner, amount_minor=-30_00, reason="ошибка", actor=owner, key="x")

    payout = services.draft_payout(partner=partner, actor=owner, method="Карта 2200", comment="за октябрь")

    assert payout.amount_minor == 1120_00
    assert (payout.currency, payout.status, payout.created_by) == ("RUB", PayoutStatus.DRAFT, owner)
    assert (payout.method, payout.comment) == ("Карта 2200", "за октябрь")
    assert lines(payout) == [
        ("commission", 700_00),
        ("commission", 400_00),
        ("welcome", 50_00),
        ("adjustment", -30_00),
    ]
    assert [line.commission for line in payout_lines(payout)][:2] == [first, second]
    assert balances(partner) == PartnerBalance(available=1120_00, held=900_00)
    assert events() == ["ledger.adjustment", "payout.drafted"]


def test_whole_way_to_paid(partner: Partner, owner: User, earn: Any, workspace: Workspace) -> None:
    row = earn(partner, 1200_00)
    waiting = earn(partner, 40_00, is_held=True)
    payout = services.draft_payout(partner=partner, actor=owner)

    payout = services.approve_payout(payout=payout, actor=owner)
    assert balances(partner) == PartnerBalance(in_payout=1200_00, held=40_00)
    assert (payout.status, payout.approved_by) == (PayoutStatus.APPROVED, owner)

    paid_at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    payout = services.mark_paid(payout=payout, actor=owner, paid_at=paid_at, external_reference=" ПП 17 ")

    assert balances(partner) == PartnerBalance(paid=1200_00, held=40_00)
    assert (payout.status, payout.paid_at, payout.external_reference) == (PayoutStatus.PAID, paid_at, "ПП 17")
    row.refresh_from_db()
    waiting.refresh_from_db()
    assert (row.status, waiting.status) == (CommissionStatus.PAID, CommissionStatus.HELD)
    assert events() == ["payout.drafted", "payout.approved", "payout.paid"]
    assert list(Transaction.objects.filter(payout_id=payout.pk).values_list("kind", flat=True)) == [
        "payout_approved",
        "payout_paid",
    ]
    assert verify_chain(workspace) == []


def test_next_payout_takes_only_what_is_new(partner: Partner, owner: User, earn: Any, take_back: Any) -> None:
    old = earn(partner, 1000_00)
    _pay(partner, owner)
    take_back(old, 300_00)
    earn(partner, 800_00)

    payout = services.draft_payout(partner=partner, actor=owner)

    assert lines(payout) == [("commission", -300_00), ("commission", 800_00)]
    assert payout.amount_minor == 500_00


def test_nobody_is_paid_below_zero(partner: Partner, owner: User, earn: Any, take_back: Any) -> None:
    take_back_from = earn(partner, 1000_00)
    _pay(partner, owner)
    take_back(take_back_from, 300_00)
    earn(partner, 300_00)

    with pytest.raises(NothingToPayError):
        services.draft_payout(partner=partner, actor=owner)

    assert Payout.objects.filter(status=PayoutStatus.DRAFT).count() == 0


def test_drafting_again_renews_the_draft(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    first = services.draft_payout(partner=partner, actor=owner, method="СБП")
    earn(partner, 25_00)

    again = services.draft_payout(partner=partner, actor=owner)

    assert (again.pk, again.amount_minor, again.method) == (first.pk, 125_00, "СБП")
    assert lines(again) == [("commission", 100_00), ("commission", 25_00)]


def test_money_on_its_way_is_not_drawn_twice(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    services.approve_payout(payout=services.draft_payout(partner=partner, actor=owner), actor=owner)

    with pytest.raises(NothingToPayError):
        services.draft_payout(partner=partner, actor=owner)


def test_where_to_send_is_remembered(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    _pay(partner, owner, method="СБП +7 900")
    earn(partner, 100_00)

    assert services.draft_payout(partner=partner, actor=owner).method == "СБП +7 900"


def test_blocked_partner_is_paid_what_he_has(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    partner.status = PartnerStatus.BLOCKED
    partner.save()

    assert _pay(partner, owner).status == PayoutStatus.PAID
    assert balances(partner).paid == 100_00


def test_cancelled_draft_moves_nothing(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    before = LedgerHead.objects.get().last_number

    payout = services.cancel_payout(payout=payout, actor=owner, reason="передумали")

    assert (payout.status, payout.reason, payout.closed_by) == (PayoutStatus.CANCELLED, "передумали", owner)
    assert LedgerHead.objects.get().last_number == before
    assert services.draft_payout(partner=partner, actor=owner).pk != payout.pk


def test_cancelled_payout_gives_the_money_back(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    payout = services.approve_payout(payout=payout, actor=owner)

    services.cancel_payout(payout=payout, actor=owner)

    assert balances(partner) == PartnerBalance(available=100_00)
    assert services.draft_payout(partner=partner, actor=owner).amount_minor == 100_00


@pytest.mark.parametrize("was_paid", [False, True])
def test_money_that_came_back_is_available_again(
    partner: Partner, owner: User, earn: Any, was_paid: bool
) -> None:
    row = earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    payout = services.approve_payout(payout=payout, actor=owner)
    if was_paid:
        payout = services.mark_paid(payout=payout, actor=owner)

    payout = services.mark_failed(payout=payout, actor=owner, reason="карта закрыта")

    row.refresh_from_db()
    assert (payout.status, row.status) == (PayoutStatus.FAILED, CommissionStatus.AVAILABLE)
    assert balances(partner) == PartnerBalance(available=100_00)
    assert services.draft_payout(partner=partner, actor=owner).amount_minor == 100_00
    assert events()[-2:] == ["payout.failed", "payout.drafted"]


STEPS = {
    "approve": services.approve_payout,
    "mark_paid": services.mark_paid,
    "cancel": services.cancel_payout,
    "mark_failed": lambda **given: services.mark_failed(reason="x", **given),
}
REFUSED = [
    (PayoutStatus.DRAFT, {"mark_paid", "mark_failed"}),
    (PayoutStatus.APPROVED, {"approve"}),
    (PayoutStatus.PAID, {"approve", "mark_paid", "cancel"}),
    (PayoutStatus.CANCELLED, set(STEPS)),
    (PayoutStatus.FAILED, set(STEPS)),
]


@pytest.mark.parametrize(("status", "refused"), REFUSED, ids=[str(status) for status, _ in REFUSED])
def test_steps_out_of_turn_change_nothing(
    partner: Partner, owner: User, earn: Any, status: PayoutStatus, refused: set[str]
) -> None:
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    for step in {
        PayoutStatus.DRAFT: [],
        PayoutStatus.APPROVED: ["approve"],
        PayoutStatus.PAID: ["approve", "mark_paid"],
        PayoutStatus.CANCELLED: ["cancel"],
        PayoutStatus.FAILED: ["approve", "mark_failed"],
    }[status]:
        payout = STEPS[step](payout=payout, actor=owner)
    before = (LedgerHead.objects.get().last_number, events())

    for step in refused:
        with pytest.raises(PayoutStateError):
            STEPS[step](payout=payout, actor=owner)

    assert (LedgerHead.objects.get().last_number, events()) == before
    assert Payout.objects.get().status == status


def test_stale_object_cannot_repeat_a_step(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    seen_by_another = Payout.objects.get()
    services.approve_payout(payout=payout, actor=owner)

    with pytest.raises(PayoutStateError, match="approved"):
        services.approve_payout(payout=seen_by_another, actor=owner)


def test_draft_changed_by_a_return_is_refused(
    partner: Partner, owner: User, earn: Any, take_back: Any
) -> None:
    row = earn(partner, 100_00)
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    take_back(row, 1)
    earn(partner, 500_00)

    with pytest.raises(PayoutChangedError, match="taken back"):
        services.approve_payout(payout=payout, actor=owner)

    assert balances(partner).in_payout == 0


def test_return_elsewhere_is_refused_when_it_leaves_too_little(
    partner: Partner, owner: User, earn: Any, take_back: Any
) -> None:
    paid_before = earn(partner, 100_00)
    _pay(partner, owner)
    earn(partner, 70_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    take_back(paid_before, 10_00)

    with pytest.raises(PayoutChangedError, match="less is available"):
        services.approve_payout(payout=payout, actor=owner)


def test_new_earnings_do_not_disturb_a_draft(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    earn(partner, 7_00)

    services.approve_payout(payout=payout, actor=owner)

    assert balances(partner) == PartnerBalance(available=7_00, in_payout=100_00)


def test_unsound_books_stop_every_payout(partner: Partner, owner: User, earn: Any) -> None:
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    LedgerHead.objects.update(last_hash="0" * 64)

    with pytest.raises(BooksUnsoundError) as caught:
        services.approve_payout(payout=payout, actor=owner)

    assert [breach.invariant for breach in caught.value.breaches] == ["I7"]
    assert Payout.objects.get().status == PayoutStatus.DRAFT


TAMPERED = {
    "an amount": ("ledger_posting", "UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE transaction_id IN"
                  " (SELECT id FROM ledger_transaction WHERE partner_id = {partner} AND kind = 'accrual')"),
    "a moment": ("ledger_transaction", "UPDATE ledger_transaction SET level = 2 WHERE partner_id = {partner}"),
    "a link": ("ledger_transaction", "UPDATE ledger_transaction SET prev_hash = '{zeros}', hash = '{zeros}'"
               " WHERE partner_id = {partner} AND kind = 'release'"),
    "a row less": ("ledger_posting", "DELETE FROM ledger_posting WHERE transaction_id IN"
                   " (SELECT id FROM ledger_transaction WHERE partner_id = {partner} AND kind = 'release')"),
    "a kept balance": ("ledger_accountbalance", "UPDATE ledger_accountbalance SET balance_minor = balance_minor + 1"
                       " WHERE partner_id = {partner} AND kind = 'held'"),
    "what a commission says": ("commissions_commission", "UPDATE commissions_commission SET posted_minor = 1"
                               " WHERE partner_id = {partner}"),
    "why it is so much": ("commissions_commission", "UPDATE commissions_commission SET explanation = '{{}}'"
                          " WHERE partner_id = {partner}"),
    "an order behind its settlement": ("orders_orderline", "UPDATE orders_orderline SET total_minor = 5 WHERE"
                                       " order_id IN (SELECT id FROM orders_order WHERE partner_id = {partner})"),
    "whose the order is": ("orders_order", "UPDATE orders_order SET reason = 'link' WHERE partner_id = {partner}"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_broken_book_of_the_paid_partner_stops_the_payout_and_no_other(
    partner: Partner, owner: User, earn: Any, join: Any, what: str
) -> None:
    other = join()
    for one in (partner, other):
        earn(one, 100_00)
    mine, his = (services.draft_payout(partner=one, actor=owner) for one in (partner, other))
    table, statement = TAMPERED[what]
    tamper(table, statement.format(partner=partner.pk, zeros="0" * 64))

    with pytest.raises(BooksUnsoundError):
        services.approve_payout(payout=mine, actor=owner)
    if what != "a link":  # the neighbours of a broken link are suspect, too
        assert services.approve_payout(payout=his, actor=owner).status == PayoutStatus.APPROVED


def test_a_lost_transaction_of_anybody_stops_every_payout(
    partner: Partner, owner: User, earn: Any, join: Any
) -> None:
    earn(join(), 50_00)
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    tamper(
        "ledger_posting",
        "DELETE FROM ledger_posting WHERE transaction_id = (SELECT MIN(id) FROM ledger_transaction)",
    )
    tamper("ledger_transaction", "DELETE FROM ledger_transaction WHERE number = 1")

    with pytest.raises(BooksUnsoundError):
        services.approve_payout(payout=payout, actor=owner)


def test_what_the_night_finds_stops_every_payout_until_it_is_mended(
    partner: Partner, owner: User, earn: Any, join: Any
) -> None:
    row = earn(join(), 50_00)
    earn(partner, 100_00)
    payout = services.draft_payout(partner=partner, actor=owner)
    Commission.objects.filter(pk=row.pk).update(owed_minor=1)

    check_books()
    check_books()  # nothing new: said once
    with pytest.raises(BooksUnsoundError):
        services.approve_payout(payout=payout, actor=owner)
    Commission.objects.filter(pk=row.pk).update(owed_minor=row.owed_minor)
    services.approve_payout(
        payout=payout, actor=owner
    )  # the whole check was asked, and finds nothing any more
    check_books()
    words = Event.objects.filter(kind__startswith="books.").order_by("pk")
    assert [(word.kind, bool(word.data["first"])) for word in words] == [
        ("books.unsound", True),
        ("books.sound", False),
    ]


def test_draft_for_all_who_have_enough(programme: Programme, owner: User, earn: Any, join: Any) -> None:
    rich, richer, poor, drafted = (join() for _ in range(4))
    stranger = make_partner(make_programme())
    for one, amount in ((rich, 1000_00), (richer, 1000_01), (poor, 999_99), (drafted, 5000_00)):
        earn(one, amount)
    ledger.welcome(partner=stranger, amount_minor=9000_00, at=AT, is_payable=True)
    services.draft_payout(partner=drafted, actor=owner)

    made = services.draft_payouts(programme=programme, actor=owner)

    assert [(payout.partner, payout.amount_minor) for payout in made] == [(rich, 1000_00), (richer, 1000_01)]
    assert services.draft_payouts(programme=programme, actor=owner) == []


def test_approve_many_is_all_or_none(
    programme: Programme, owner: User, earn: Any, take_back: Any, join: Any
) -> None:
    rows = [earn(join(), 2000_00) for _ in range(3)]
    payouts = services.draft_payouts(programme=programme, actor=owner)
    take_back(rows[1], 1)

    with pytest.raises(PayoutChangedError):
        services.approve_payouts(payouts=payouts, actor=owner)
    assert [balances(row.partner).in_payout for row in rows] == [0, 0, 0]

    services.approve_payouts(payouts=[payouts[0], payouts[2]], actor=owner)
    assert [balances(row.partner).in_payout for row in rows] == [2000_00, 0, 2000_00]


def _pay(partner: Partner, owner: User, **given: Any) -> Payout:
    payout = services.draft_payout(partner=partner, actor=owner, **given)
    return services.mark_paid(payout=services.approve_payout(payout=payout, actor=owner), actor=owner)
