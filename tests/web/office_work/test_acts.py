"""What the pages do: the happy way, the refused role with nothing changed, the way back."""

from django.test import Client
from django.utils import timezone

from molva.kit import clock
from molva.ledger.models import Transaction
from molva.ledger.queries import balances
from molva.orders.models import Order
from molva.payouts.models import Payout, PayoutStatus
from molva.programmes.models import Partner, PartnerStatus
from molva.tracking.models import Customer, PromoCode
from molva.workspaces.models import Event
from tests.web.office_work.conftest import World

FORM = {"name": "Новый", "email": "", "phone": "", "city": "", "groups": "", "inviter": "", "note": ""}


def send(world: World, tail: str, data: dict, user: object = None, status: int = 302) -> str:
    client: Client = world.client(user)  # type: ignore[arg-type]
    answer = client.post(world.url(tail), data)
    assert answer.status_code == status, (tail, answer.status_code)
    return str(answer.headers.get("Location", "")) if status == 302 else answer.content.decode()


def test_a_partner_is_added_with_a_link(world: World) -> None:
    send(
        world,
        "partners/add/",
        {**FORM, "email": "New@Example.org", "groups": "Опт, Опт , VIP", "inviter": "KATE"},
    )
    made = Partner.objects.get(email="new@example.org")
    assert (made.groups, made.invited_by, made.links.count()) == (["Опт", "VIP"], world.shop.anna, 1)


def test_an_email_that_is_taken_is_said_at_the_field(world: World) -> None:
    page = send(world, "partners/add/", {**FORM, "email": "kate@example.org"}, status=200)
    assert "Эта почта уже у другого партнёра" in page
    assert Partner.objects.count() == 3


def test_an_inviter_from_the_own_team_is_refused(world: World) -> None:
    data = {**FORM, "name": "Екатерина", "email": "kate@example.org", "inviter": "boris"}
    page = send(world, f"partners/{world.shop.anna.pk}/edit/", data, status=200)
    assert "получился бы круг" in page
    world.shop.anna.refresh_from_db()
    assert world.shop.anna.invited_by is None


def test_an_edit_is_kept_in_the_history(world: World) -> None:
    data = {
        **FORM,
        "name": "Борис К.",
        "email": "boris@example.org",
        "inviter": "kate",
        "note": "Звонить вечером",
    }
    send(world, f"partners/{world.shop.boris.pk}/edit/", data)
    world.shop.boris.refresh_from_db()
    assert (world.shop.boris.name, world.shop.boris.note) == ("Борис К.", "Звонить вечером")
    assert Event.objects.filter(kind="partner.changed", object_id=world.shop.boris.pk).count() == 1


def test_partners_are_blocked_together_and_come_back(world: World) -> None:
    ids = f"{world.shop.anna.pk},{world.shop.boris.pk}"
    assert (
        "Заблокировать 2 партнёров?"
        in world.client().get(world.url(f"partners/bulk/?do=block&ids={ids}")).content.decode()
    )
    send(world, f"partners/bulk/?do=block&ids={ids}", {})
    assert Partner.objects.filter(status=PartnerStatus.BLOCKED).count() == 2
    send(world, f"partners/bulk/?do=accept&ids={ids}", {})
    assert Partner.objects.filter(status=PartnerStatus.BLOCKED).count() == 0


def test_an_accountant_changes_no_people(world: World) -> None:
    pk = world.shop.boris.pk
    for tail in (
        f"partners/bulk/?do=block&ids={pk}",
        f"partners/{pk}/edit/",
        f"partners/{pk}/codes/",
        "partners/add/",
    ):
        send(world, tail, {**FORM, "code": "NEW"}, world.accountant, status=403)
    world.shop.boris.refresh_from_db()
    assert (world.shop.boris.status, world.shop.boris.name) == (PartnerStatus.ACTIVE, "Борис Ким")
    assert PromoCode.objects.count() == 1


def test_a_code_of_somebody_else_is_refused(world: World) -> None:
    page = send(world, f"partners/{world.shop.boris.pk}/codes/", {"code": "kate10"}, status=200)
    assert "уже у другого партнёра" in page
    send(world, f"partners/{world.shop.boris.pk}/codes/", {"code": "BORIS5"})
    assert list(world.shop.boris.promo_codes.values_list("code", flat=True)) == ["BORIS5"]


def test_a_link_is_made_stopped_and_started(world: World) -> None:
    pk = world.shop.boris.pk
    page = send(
        world, f"partners/{pk}/links/", {"page_url": "https://elsewhere.example/x", "name": ""}, status=200
    )
    assert "elsewhere.example" in page
    send(world, f"partners/{pk}/links/", {"page_url": "https://shop.example/tea", "name": "Чай"})
    link = world.shop.boris.links.get(name="Чай")
    for wished in (False, True):
        send(world, f"partners/{pk}/links/{link.pk}/", {})
        link.refresh_from_db()
        assert link.is_active is wished


def test_an_adjustment_asks_first_and_counts_once(world: World) -> None:
    tail = f"partners/{world.shop.anna.pk}/adjust/"
    before = balances(world.shop.anna).available
    data = {"amount": "-100,50", "reason": "Ошибка", "key": "6f1e4b0a-5f5e-4d0f-9a51-1c2d3e4f5a6b"}
    assert "Записать в книгу" in send(world, tail, data, status=200)
    assert balances(world.shop.anna).available == before
    for _again in range(2):
        send(world, tail, {**data, "sure": "1"})
    assert balances(world.shop.anna).available == before - 10_050


def test_a_manager_moves_no_money(world: World) -> None:
    entries = Transaction.objects.count()
    payouts = Payout.objects.count()
    assert world.paid is not None
    for tail in (
        f"partners/{world.shop.anna.pk}/adjust/", "payouts/prepare/", f"payouts/draft/{world.shop.anna.pk}/",
        f"payouts/{world.paid.pk}/approve/", f"payouts/{world.paid.pk}/paid/", f"payouts/{world.paid.pk}/cancel/",
        f"payouts/{world.paid.pk}/failed/",
    ):  # fmt: skip
        send(world, tail, {"reason": "x", "sure": "1"}, world.manager, status=403)
    assert (Transaction.objects.count(), Payout.objects.count()) == (entries, payouts)


def test_the_life_of_a_payout(world: World) -> None:
    send(world, "payouts/prepare/", {})
    payout = Payout.objects.get(status=PayoutStatus.DRAFT)
    assert (payout.partner, payout.amount_minor) == (world.shop.anna, 23_010)
    send(world, f"payouts/{payout.pk}/approve/", {}, world.accountant)
    today = timezone.localtime(clock.now()).date().isoformat()
    send(
        world,
        f"payouts/{payout.pk}/paid/",
        {"paid_at": today, "method": "Карта", "external_reference": "ПП 16"},
    )
    payout.refresh_from_db()
    assert (payout.status, payout.method, payout.external_reference) == (PayoutStatus.PAID, "Карта", "ПП 16")
    assert balances(world.shop.anna).paid == 23_010
    send(world, f"payouts/{payout.pk}/failed/", {"reason": "Банк вернул"})
    payout.refresh_from_db()
    assert (payout.status, balances(world.shop.anna).available) == (PayoutStatus.FAILED, 23_010)


def test_a_cancelled_payout_gives_the_money_back(world: World) -> None:
    send(world, f"payouts/draft/{world.shop.anna.pk}/", {"method": "", "comment": ""})
    payout = Payout.objects.get(status=PayoutStatus.DRAFT)
    send(world, f"payouts/{payout.pk}/approve/", {})
    assert balances(world.shop.anna).in_payout == 23_010
    assert "Почему" in send(world, f"payouts/{payout.pk}/cancel/", {"reason": ""}, status=200)
    send(world, f"payouts/{payout.pk}/cancel/", {"reason": "Передумали"})
    assert (balances(world.shop.anna).in_payout, balances(world.shop.anna).available) == (0, 23_010)


def test_a_day_to_come_is_no_day_of_payment(world: World) -> None:
    send(world, f"payouts/draft/{world.shop.anna.pk}/", {"method": "", "comment": ""})
    payout = Payout.objects.get(status=PayoutStatus.DRAFT)
    send(world, f"payouts/{payout.pk}/approve/", {})
    page = send(world, f"payouts/{payout.pk}/paid/", {"paid_at": "2099-01-01"}, status=200)
    assert "ещё не наступил" in page


def test_counting_again_changes_nothing(world: World) -> None:
    entries = Transaction.objects.count()
    for order in Order.objects.all():
        send(world, f"orders/{order.pk}/recalc/", {})
    assert Transaction.objects.count() == entries


def test_a_note_is_written_by_rulers_only(world: World) -> None:
    customer = Customer.objects.first()
    assert customer is not None
    send(world, f"customers/{customer.pk}/note/", {"note": "Любит чай"}, world.accountant, status=403)
    send(world, f"customers/{customer.pk}/note/", {"note": "Любит чай"}, world.manager)
    customer.refresh_from_db()
    assert customer.note == "Любит чай"
    assert Event.objects.filter(kind="customer.noted").count() == 1


def test_a_stranger_changes_nothing(world: World) -> None:
    for tail in (
        f"partners/{world.shop.anna.pk}/adjust/",
        "payouts/prepare/",
        f"partners/bulk/?do=block&ids={world.shop.anna.pk}",
    ):
        send(world, tail, {}, world.stranger, status=404)
    assert Partner.objects.filter(status=PartnerStatus.BLOCKED).count() == 0
