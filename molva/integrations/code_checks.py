"""What somebody changed or deleted among our promo codes in a shop: found once a day, shown, put right either way."""

from datetime import date

from django.db import transaction

from molva.domain.codes import drift
from molva.integrations.base import PlugError
from molva.integrations.codes import (
    Listed,
    bring_soon,
    code_shops,
    give_way,
    is_wanted,
    remember_names,
    wish_of,
)
from molva.integrations.models import Connection, ShopCode, ShopCodeState
from molva.integrations.registry import can_have_codes, open_codes
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.programmes.models import Programme
from molva.tracking.codes import CodeOffer, ask_shop_again, change_code
from molva.tracking.models import CodeDiscount, PromoCode
from molva.workspaces import journal
from molva.workspaces.models import User

_DRIFTS = (ShopCodeState.DRIFTED, ShopCodeState.GONE)


@job(queue="shops", max_attempts=50)
def check_codes(programme_id: int) -> None:
    """Compare the codes of the shops with ours: what somebody changed or deleted there is noted and told of."""
    programme = Programme.objects.get(pk=programme_id)
    for shop in code_shops(programme):
        try:
            with open_codes(shop) as door:
                listed = Listed.of(door.every())
        except PlugError as problem:
            give_way(shop, problem)
            continue
        remember_names(shop, listed)
        _compare(shop, listed)
    if PromoCode.objects.filter(programme=programme, awaits_shop=True).exists():
        bring_soon(programme)


def _compare(shop: Connection, listed: Listed) -> None:
    codes = PromoCode.objects.filter(programme=shop.programme, awaits_shop=False).select_related("partner")
    rows = {row.promo_code_id: row for row in ShopCode.objects.filter(connection=shop)}
    missing = []
    for promo in codes:
        row = rows.get(promo.pk)
        if row is None and is_wanted(promo):
            missing.append(promo.pk)  # the shop was connected later than the code was made
        elif row is not None and row.state != ShopCodeState.REFUSED:
            _note_drift(row, promo, listed)
    ask_shop_again(missing)


def _note_drift(row: ShopCode, promo: PromoCode, listed: Listed) -> None:
    wish, before = wish_of(promo), (row.state, row.drift)
    seen = listed.find(row, wish)
    if not is_wanted(promo):
        comes_back = seen is not None and not seen.is_disabled
        row.state = ShopCodeState.DRIFTED if comes_back else ShopCodeState.OFF
        row.drift = {"is_disabled": [True, False]} if comes_back else {}
    elif seen is None:
        row.state, row.drift = ShopCodeState.GONE, {}
    else:
        row.drift = drift(wish, seen)
        row.state = ShopCodeState.DRIFTED if row.drift else ShopCodeState.THERE
    row.is_used = row.is_used or (seen is not None and seen.is_used)
    row.checked_at = clock.now()
    with transaction.atomic():
        row.save()
        if row.state in _DRIFTS and (row.state, row.drift) != before:
            kind = "promo_code.gone" if row.state == ShopCodeState.GONE else "promo_code.drifted"
            journal.record(kind, promo, actor=row.connection.name, data={"drift": row.drift})


@transaction.atomic
def accept_from_shop(*, row: ShopCode, actor: User) -> PromoCode:
    """Take over the discount and the limits that somebody set in the shop."""
    promo = row.promo_code
    seen = {name: pair[1] for name, pair in row.drift.items()}
    offer = CodeOffer(
        discount_kind=seen.get("kind", promo.discount_kind),
        discount=seen.get("discount", promo.discount),
        limit=seen.get("limit", promo.limit),
        expires_date=_day(seen["expires"]) if "expires" in seen else promo.expires_date,
        min_order_minor=seen.get("min_order_minor", promo.min_order_minor),
        is_private=promo.is_private,
    )
    changed = change_code(promo=promo, offer=offer, actor=actor)
    bring_soon(promo.programme)
    return changed


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def can_accept(row: ShopCode) -> bool:
    """Whether what differs can become ours: another discount or limit can, another spelling or a switch can't."""
    fields = set(row.drift)
    is_readable = row.drift.get("kind", ["", ""])[1] != CodeDiscount.NONE
    return bool(fields) and not fields & {"code", "is_disabled"} and is_readable


@job(queue="shops", max_attempts=1)
def check_all() -> None:
    """Timetable entry: one comparison for each programme that has codes and a shop."""
    having = PromoCode.unscoped.values("programme_id")
    for shop in Connection.unscoped.filter(state="active", programme_id__in=having):
        if can_have_codes(shop.kind):
            enqueue(
                check_codes,
                dedupe=f"codes-check-{shop.programme_id}",
                programme_id=shop.programme_id,
                workspace_id=shop.workspace_id,
            )
