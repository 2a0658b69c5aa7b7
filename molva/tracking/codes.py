"""Writes about promo codes: planned and made, changed, voided; asked for by partners, granted or declined.

What a shop must know of them is told later, by `integrations.codes`: a code here only remembers that it waits.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from molva.domain.codes import LONGEST, free_spelling, spell
from molva.kit import clock
from molva.kit.codes import fold
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.tracking.errors import CodeTaken, RequestOpen
from molva.tracking.models import CodeDiscount, CodeLimit, CodeRequest, PromoCode, RequestState
from molva.workspaces import journal
from molva.workspaces.models import User

MOST_AT_ONCE = 5000
MOST_WANTED = 1000  # codes in one request of a partner


@dataclass(frozen=True, slots=True)
class CodeOffer:
    """What a code gives and when."""

    discount_kind: str = CodeDiscount.NONE
    discount: int = 0
    limit: str = CodeLimit.UNLIMITED
    expires_date: date | None = None
    min_order_minor: int = 0
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A code to be made; `wanted` is what the pattern gave, when that spelling is somebody's already."""

    partner: Partner
    code: str
    wanted: str = ""


def plan_codes(
    *,
    programme: Programme,
    partners: Sequence[Partner],
    pattern: str,
    count: int = 1,
    taken: Collection[str] = (),
) -> list[Planned]:
    """Free spellings for `count` codes of each partner; `taken`: folded codes that the shop has besides ours."""
    used = {fold(one) for one in taken}
    used |= set(PromoCode.objects.filter(programme=programme).values_list("code_folded", flat=True))
    names = set(Partner.objects.filter(programme=programme).values_list("code_folded", flat=True))
    planned = []
    for partner in partners:
        for number in range(1, count + 1):
            wanted = spell(pattern, name=partner.name, code=partner.code, number=number)
            code = free_spelling(wanted, used | (names - {partner.code_folded}))
            used.add(fold(code))
            planned.append(Planned(partner, code, wanted if code != wanted else ""))
    return planned


@transaction.atomic
def make_codes(
    *,
    programme: Programme,
    codes: Iterable[tuple[Partner, str]],
    offer: CodeOffer,
    actor: User | Partner | None,
    batch: str = "",
    valid_from: datetime | None = None,
) -> list[PromoCode]:
    """Make codes together. The same batch again gives the codes it made. Raises CodeTaken: none is made then."""
    if batch:
        found = list(PromoCode.objects.filter(programme=programme, batch=batch).order_by("pk"))
        if found:
            return found
    wanted = list(codes)
    folded = {fold(code): partner for partner, code in wanted}
    _refuse_foreign(programme, folded)
    made = []
    for partner, code in wanted:
        promo = PromoCode(
            programme=programme,
            partner=partner,
            code=code.strip()[:LONGEST],
            valid_from=valid_from or clock.now(),
            batch=batch or new_batch(),
            awaits_shop=offer.discount_kind != CodeDiscount.NONE,
            **asdict(offer),
        )
        try:
            with transaction.atomic():
                promo.save()
        except IntegrityError as error:
            raise CodeTaken(code) from error
        journal.record("promo_code.added", promo, actor=actor)
        made.append(promo)
    return made


def _refuse_foreign(programme: Programme, folded: dict[str, Partner]) -> None:
    """No code may be the public code of another partner: one word would name two people."""
    rows = Partner.objects.filter(programme=programme, code_folded__in=list(folded)[:MOST_AT_ONCE])
    for pk, code in rows.values_list("pk", "code_folded"):
        if folded[code].pk != pk:
            raise CodeTaken(code)


def new_batch() -> str:
    """A name for codes that are made together."""
    return secrets.token_hex(8)


@transaction.atomic
def change_code(*, promo: PromoCode, offer: CodeOffer, actor: User | None) -> PromoCode:
    """Another discount, term or limit; a shop that has the code is told."""
    promo = PromoCode.objects.select_for_update().get(pk=promo.pk)
    if promo.voided_at:
        return promo
    wished = asdict(offer)
    changes = {
        name: [_plain(getattr(promo, name)), _plain(value)]
        for name, value in wished.items()
        if getattr(promo, name) != value
    }
    if not changes:
        return promo
    had_discount = promo.discount_kind != CodeDiscount.NONE
    for name, value in wished.items():
        setattr(promo, name, value)
    if had_discount or promo.discount_kind != CodeDiscount.NONE:
        _await(promo)
    promo.save()
    journal.record("promo_code.changed", promo, actor=actor, data={"changes": changes})
    return promo


@transaction.atomic
def void_code(*, promo: PromoCode, reason: str, actor: User | None, at: datetime | None = None) -> bool:
    """Stop a code for good: orders made from now on are not attributed by it. False when it was stopped already.

    Shops tell the moment of an order in whole seconds: one of this very second is in favour of the partner.
    """
    promo = PromoCode.objects.select_for_update().get(pk=promo.pk)
    if promo.voided_at:
        return False
    promo.voided_at = (at or clock.now()).replace(microsecond=0) + timedelta(seconds=1)
    promo.void_reason, promo.is_active = reason.strip()[:300], False
    _await(promo)
    promo.save()
    journal.record("promo_code.voided", promo, actor=actor, data={"reason": promo.void_reason})
    return True


def never_lived(promo: PromoCode) -> None:
    """The shop has this spelling from somebody else: orders made with it are not the partner's, not one of them."""
    rows = PromoCode.objects.filter(pk=promo.pk, voided_at__isnull=True)
    rows.update(voided_at=F("valid_from"), is_active=False)


@transaction.atomic
def revive_code(
    *,
    promo: PromoCode,
    code: str,
    actor: User | None,
    partner: Partner | None = None,
    offer: CodeOffer | None = None,
    since: datetime | None = None,
) -> PromoCode:
    """Let a code that never lived begin now, with another spelling or without a discount of ours. Raises CodeTaken."""
    promo = PromoCode.objects.select_for_update().get(pk=promo.pk)
    if promo.voided_at != promo.valid_from:
        return promo
    promo.partner = partner or promo.partner
    _refuse_foreign(promo.programme, {fold(code): promo.partner})
    if (
        PromoCode.objects.filter(programme=promo.programme, code_folded=fold(code))
        .exclude(pk=promo.pk)
        .exists()
    ):
        raise CodeTaken(code)
    promo.code, promo.valid_from = code.strip()[:LONGEST], since or clock.now()
    promo.voided_at, promo.is_active = None, True
    for name, value in asdict(offer).items() if offer else ():
        setattr(promo, name, value)
    _await(promo)
    promo.save()
    journal.record("promo_code.added", promo, actor=actor)
    return promo


def _await(promo: PromoCode) -> None:
    promo.awaits_shop, promo.revision = True, promo.revision + 1


def ask_shop_again(codes: Iterable[int]) -> int:
    """Codes by id wait for the shop once more; returns how many."""
    return PromoCode.objects.filter(pk__in=list(codes)).update(awaits_shop=True, revision=F("revision") + 1)


def shop_was_told(promo: PromoCode) -> bool:
    """Every shop has the code as it was read; False when it has changed meanwhile and waits on."""
    rows = PromoCode.objects.filter(pk=promo.pk, revision=promo.revision)
    return rows.update(awaits_shop=False) > 0


@transaction.atomic
def give_automatic_code(partner: Partner) -> PromoCode | None:
    """The code that the programme gives to everybody who is let in, once; None when it gives none."""
    wish: dict[str, Any] = partner.programme.auto_code
    if not wish or PromoCode.objects.filter(partner=partner).exists():
        return None
    plan = plan_codes(programme=partner.programme, partners=[partner], pattern=wish["pattern"])
    offer = CodeOffer(**{name: value for name, value in wish.items() if name != "pattern"})
    codes = [(one.partner, one.code) for one in plan]
    return make_codes(programme=partner.programme, codes=codes, offer=offer, actor=None)[0]


@transaction.atomic
def request_codes(*, partner: Partner, wanted: int, note: str = "") -> CodeRequest:
    """A partner asks for codes. Raises RequestOpen: one question at a time."""
    if CodeRequest.objects.filter(partner=partner, state=RequestState.ASKED).exists():
        raise RequestOpen
    asked = CodeRequest(
        programme=partner.programme,
        partner=partner,
        wanted=max(1, min(wanted, MOST_WANTED)),
        note=note.strip()[:500],
    )
    try:
        with transaction.atomic():
            asked.save()
    except IntegrityError as error:
        raise RequestOpen from error
    journal.record("promo_code.asked", asked, actor=partner, data={"wanted": asked.wanted})
    return asked


@transaction.atomic
def answer_request(*, request: CodeRequest, granted: int, actor: User, answer: str = "") -> CodeRequest:
    """Grant so many codes (the codes themselves are made by `make_codes`), or decline with 0."""
    request = CodeRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != RequestState.ASKED:
        return request
    request.state = RequestState.GRANTED if granted else RequestState.DECLINED
    request.granted, request.answer, request.answered_at = granted, answer.strip()[:300], clock.now()
    request.save()
    kind = "promo_code.granted" if granted else "promo_code.declined"
    journal.record(kind, request, actor=actor, data={"granted": granted, "answer": request.answer})
    return request


def partners_without_code(programme: Programme) -> list[Partner]:
    """Active partners who have no promo code that works."""
    having = PromoCode.objects.filter(programme=programme, is_active=True).values("partner_id")
    rows = Partner.objects.filter(programme=programme, status=PartnerStatus.ACTIVE).exclude(pk__in=having)
    return list(rows.order_by("name", "pk")[:MOST_AT_ONCE])


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
