"""Promo codes in shops: made, changed and withdrawn one by one. What differs later is found by `code_checks`.

The list of a shop's codes is read before anything is made, and what carries our mark is known again: whoever is killed
after the shop made a code and before we noted it finds it and makes no second one. A code that the shop has from
somebody else is never touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from molva.commissions.jobs import settle_one
from molva.domain.codes import CodeSeen, CodeWish, drift, free_spelling
from molva.integrations.base import CodeDoor, PlugError
from molva.integrations.connecting import note_problem
from molva.integrations.models import Connection, ShopCode, ShopCodeState
from molva.integrations.registry import can_have_codes, open_codes
from molva.jobs import enqueue, job
from molva.jobs.errors import RetryLaterError
from molva.jobs.models import Job, JobState
from molva.kit import clock
from molva.kit.codes import fold
from molva.orders.models import OrderCode
from molva.programmes.models import Partner, Programme
from molva.tracking.codes import (
    CodeOffer,
    ask_shop_again,
    make_codes,
    never_lived,
    revive_code,
    shop_was_told,
    void_code,
)
from molva.tracking.models import CodeDiscount, PromoCode
from molva.workspaces import journal
from molva.workspaces.models import User

PAUSE = 60  # seconds after trouble of the shop that named no pause
TAKEN = "the shop has this code from somebody else"


def code_shops(programme: Programme) -> list[Connection]:
    """The connected shops of a programme in which codes can be made now."""
    rows = Connection.objects.filter(programme=programme, state="active").order_by("pk")
    return [row for row in rows if can_have_codes(row.kind)]


def taken_in_shop(programme: Programme) -> set[str]:
    """Folded codes that the shops had when they were last listed."""
    return {
        fold(code) for shop in code_shops(programme) for code in shop.facts.get("codes", {}).values() if code
    }


def bring_soon(programme: Programme) -> None:
    """Let the shops be told of what waits, in the caller's transaction; one job for a programme at a time."""
    enqueue(
        bring_codes,
        dedupe=f"codes-{programme.pk}",
        programme_id=programme.pk,
        workspace_id=programme.workspace_id,
    )


def pause_of(programme: Programme) -> datetime | None:
    """Until when the shop asked to wait, while codes wait for it."""
    waiting = Job.objects.filter(
        dedupe=f"codes-{programme.pk}", state=JobState.READY, run_after__gt=clock.now()
    )
    return waiting.values_list("run_after", flat=True).first()


@job(queue="shops", max_attempts=500)
def bring_codes(programme_id: int) -> None:
    """Tell the shops of every code that waits. A shop's limit of calls or outage pauses it; it goes on by itself."""
    programme = Programme.objects.get(pk=programme_id)
    shops = code_shops(programme)
    told: list[set[int]] = [_bring(shop) for shop in shops]
    if told:
        for promo in _waiting(programme):
            if all(promo.pk in one for one in told):
                shop_was_told(promo)


def _waiting(programme: Programme) -> list[PromoCode]:
    rows = PromoCode.objects.filter(programme=programme, awaits_shop=True)
    return list(rows.select_related("partner").order_by("pk"))


def _bring(shop: Connection) -> set[int]:
    """Tell one shop of all that waits; gives the ids of the codes that it knows now."""
    told: set[int] = set()
    waiting = _waiting(shop.programme)
    if not waiting:
        return told
    try:
        with open_codes(shop) as door:
            listed = Listed.of(door.every())
            remember_names(shop, listed)
            alone = len(code_shops(shop.programme)) == 1
            for one in waiting:
                promo = PromoCode.objects.select_related("partner", "programme").get(
                    pk=one.pk
                )  # as it is now
                _tell(door, shop, promo, listed)
                told.add(promo.pk)
                if alone:
                    shop_was_told(promo)  # at once, so that progress shows and a kill repeats nothing
    except PlugError as problem:
        give_way(shop, problem)
    return told


def give_way(shop: Connection, problem: PlugError) -> None:
    """Trouble that passes is waited for; one that needs a person is shown at the shop, and the codes wait."""
    if problem.permanent:
        note_problem(shop, str(problem))
        return
    raise RetryLaterError(str(problem), problem.retry_after or PAUSE)


@dataclass(slots=True)
class Listed:
    """The codes of a shop by id and by folded spelling."""

    by_id: dict[str, CodeSeen] = field(default_factory=dict)
    by_code: dict[str, CodeSeen] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: Iterable[CodeSeen]) -> "Listed":
        """From the shop's list."""
        listed = cls()
        for one in seen:
            listed.add(one)
        return listed

    def add(self, seen: CodeSeen) -> None:
        """One more."""
        self.by_id[seen.external_id] = seen
        self.by_code[fold(seen.code)] = seen

    def find(self, row: ShopCode, wish: CodeWish) -> CodeSeen | None:
        """The code that is ours: by the id that we noted, else by its spelling with our mark on it."""
        seen = self.by_id.get(row.external_id) if row.external_id else None
        if seen is None:
            seen = self.by_code.get(fold(wish.code))
            seen = seen if seen and seen.description == wish.mark else None
        return seen


def wish_of(promo: PromoCode) -> CodeWish:
    """A code as the shop should have it."""
    return CodeWish(
        code=promo.code,
        partner=promo.partner.code,
        kind=promo.discount_kind,
        discount=promo.discount,
        limit=promo.limit,
        expires=promo.expires_date,
        min_order_minor=promo.min_order_minor,
    )


def is_wanted(promo: PromoCode) -> bool:
    """Whether shops should have it."""
    return promo.voided_at is None and promo.discount_kind != CodeDiscount.NONE


def _row(shop: Connection, promo: PromoCode) -> ShopCode:
    found = ShopCode.objects.filter(connection=shop, promo_code=promo).first()
    return found or ShopCode(connection=shop, promo_code=promo)


def _tell(door: CodeDoor, shop: Connection, promo: PromoCode, listed: Listed) -> None:
    """Bring one code of one shop to what is wished, and note what came of it."""
    row, wish = _row(shop, promo), wish_of(promo)
    seen = listed.find(row, wish)
    if is_wanted(promo):
        _put(door, row, wish, seen, listed)
    elif seen is not None:
        _take_away(door, row, seen)
    elif row._state.adding:
        return  # the shop never had it
    else:
        row.state = ShopCodeState.OFF
    row.checked_at = clock.now()
    was_refused = ShopCode.objects.filter(pk=row.pk, state=ShopCodeState.REFUSED).exists()
    with transaction.atomic():
        row.save()
        if row.state == ShopCodeState.REFUSED and not was_refused:
            if not row.external_id:
                never_lived(promo)
                settle_uses(promo)
            data = {"problem": row.problem, "proposal": row.proposal}
            journal.record("promo_code.refused", promo, actor=shop.name, data=data)


def settle_uses(promo: PromoCode) -> int:
    """Orders made with a code that came to somebody, or turned out to be nobody's, are judged again, soon."""
    used = OrderCode.objects.filter(programme=promo.programme, code_folded=promo.code_folded)
    customers = set(used.values_list("order__customer_id", flat=True))
    for customer_id in customers:
        enqueue(
            settle_one,
            dedupe=f"settle-{customer_id}",
            customer_id=customer_id,
            workspace_id=promo.workspace_id,
        )
    return len(customers)


@transaction.atomic
def give_code(*, partner: Partner, code: str, actor: User, since: datetime | None = None) -> PromoCode:
    """A code of the shop's own making becomes a partner's; Molva attributes by it and leaves its discount alone.

    `since`: orders from that moment on are his, and those that came are judged again. Raises CodeTaken.
    """
    draft = PromoCode.objects.filter(programme=partner.programme, code_folded=fold(code)).first()
    if draft and draft.voided_at == draft.valid_from:
        promo = revive_code(
            promo=draft, code=code, actor=actor, partner=partner, offer=CodeOffer(), since=since
        )
    else:
        promo = make_codes(
            programme=partner.programme,
            codes=[(partner, code)],
            offer=CodeOffer(),
            actor=actor,
            valid_from=since,
        )[0]
    settle_uses(promo)
    return promo


def _put(door: CodeDoor, row: ShopCode, wish: CodeWish, seen: CodeSeen | None, listed: Listed) -> None:
    """Make or change a code. What the shop refuses is noted with a spelling that is free."""
    try:
        if seen is None and fold(wish.code) not in listed.by_code:
            seen = door.make(wish)
            listed.add(seen)
        elif seen is not None and drift(wish, seen):
            seen = door.change(seen.external_id, wish)
            listed.add(seen)
    except PlugError as problem:
        if not problem.permanent:
            raise
        # refused for what it is, or somebody made it meanwhile; a key that is no good ends it here
        for one in door.every():
            listed.add(one)
        seen = listed.find(row, wish)
        if (seen is None and fold(wish.code) not in listed.by_code) or (seen and drift(wish, seen)):
            row.state, row.problem, row.proposal = ShopCodeState.REFUSED, str(problem)[:300], ""
            return
    if seen is None:
        row.state, row.problem = ShopCodeState.REFUSED, TAKEN
        row.proposal = free_spelling(wish.code, _every_spelling(row, listed))
        return
    differs = drift(wish, seen)
    row.external_id, row.is_used, row.problem, row.proposal = seen.external_id, seen.is_used, "", ""
    row.state, row.drift = ShopCodeState.DRIFTED if differs else ShopCodeState.THERE, differs


def _every_spelling(row: ShopCode, listed: Listed) -> set[str]:
    programme = row.connection.programme
    ours = PromoCode.objects.filter(programme=programme).values_list("code_folded", flat=True)
    return {*listed.by_code, *ours, *programme.partners.values_list("code_folded", flat=True)}


def _take_away(door: CodeDoor, row: ShopCode, seen: CodeSeen) -> None:
    """A code that nobody used is deleted; of one that was used orders keep the id, so it is only switched off."""
    if not seen.is_used:
        door.remove(seen.external_id)
    elif not seen.is_disabled:
        door.switch_off(seen.external_id)
    row.external_id, row.is_used, row.state = seen.external_id, seen.is_used, ShopCodeState.OFF
    row.drift, row.problem, row.proposal = {}, "", ""


def remember_names(shop: Connection, listed: Listed) -> None:
    """Orders name a code by its id alone: the names are kept at the shop, also of codes that are deleted later."""
    with transaction.atomic():
        fresh = Connection.objects.select_for_update().get(pk=shop.pk)
        names = {key: one.code for key, one in listed.by_id.items()}
        known = fresh.facts.get("codes", {})
        if any(known.get(key) != code for key, code in names.items()):
            fresh.facts["codes"] = {**known, **names}
            fresh.save(update_fields=["facts"])


@transaction.atomic
def withdraw_code(*, promo: PromoCode, reason: str, actor: User) -> bool:
    """Void a code here and let the shop refuse it. False when it was void already."""
    done = void_code(promo=promo, reason=reason, actor=actor)
    if done:
        bring_soon(promo.programme)
    return done


@transaction.atomic
def restore_in_shop(*, promo: PromoCode, actor: User) -> None:
    """Bring the shop to what stands here: after a drift, a deletion, a refusal whose cause is gone."""
    ask_shop_again([promo.pk])
    journal.record("promo_code.brought", promo, actor=actor)
    bring_soon(promo.programme)


@job(queue="shops", max_attempts=1)
def bring_all() -> None:
    """Timetable entry: codes that wait in any programme (made at a registration, say) are brought to its shops."""
    waiting = PromoCode.unscoped.filter(awaits_shop=True).values("programme_id")
    for shop in Connection.unscoped.filter(state="active", programme_id__in=waiting).select_related(
        "programme"
    ):
        if can_have_codes(shop.kind):
            bring_soon(shop.programme)
