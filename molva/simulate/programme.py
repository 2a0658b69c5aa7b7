"""programme.json → a `Programme`: terms, rules, partners and codes as they are at the start."""

from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from molva.domain.reading import (
    Path,
    Reader,
    Wrong,
    code,
    flag,
    moment,
    money,
    name,
    one_of,
    text,
    whole,
)
from molva.domain.rule_reading import read_rules
from molva.domain.terms import AccrualTerms, AttributionTerms, PartnerState, RuleSet, Terms
from molva.kit import emails, phones
from molva.kit.money import CURRENCY_DIGITS

_TOP = frozenset({"currency", "timezone", "attribution", "accrual", "levels", "rules", "partners", "codes"})
_ATTRIBUTION = frozenset(
    {"policy", "code_over_link", "click_window_days", "term_days", "term_mode", "own_purchases"}
)
_ACCRUAL = frozenset({"statuses", "lost", "hold_days"})
_CODE = frozenset({"code", "partner"})
PARTNER_KEYS = frozenset({"id", "invited_by", "groups", "email", "phone", "welcome", "joined", "blocked"})
_POLICY = one_of("first", "last")
_TERM_MODE = one_of("sliding", "fixed")


@dataclass(frozen=True, slots=True)
class PartnerCard:
    """A partner as written: his state for the rules, and the welcome money he comes for."""

    state: PartnerState
    welcome_minor: int = 0
    joined: int | None = None


@dataclass(slots=True)
class Programme:
    """What programme.json says. `codes`: folded code → partner."""

    terms: Terms
    cards: dict[str, PartnerCard] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)


def read_programme(written: Any, reader: Reader) -> Programme:
    """Read and check the whole document."""
    fields = reader.object(written, (), _TOP)
    currency = reader.need(fields, "currency", (), _currency) or "RUB"
    digits = CURRENCY_DIGITS[currency]
    terms = Terms(
        attribution=_read_attribution(reader, fields),
        accrual=_read_accrual(reader, fields),
        levels=reader.need(fields, "levels", (), _levels) or 1,
        rules=RuleSet.of(read_rules(reader, reader.needed_items(fields, "rules", ()), ("rules",), digits)),
        timezone=reader.need(fields, "timezone", (), _zone) or "UTC",
        currency=currency,
        digits=digits,
    )
    programme = Programme(terms)
    _read_partners(reader, reader.needed_items(fields, "partners", ()), programme)
    _read_codes(reader, fields, programme)
    return programme


def _currency(value: Any) -> str:
    if type(value) is not str or value not in CURRENCY_DIGITS:
        raise Wrong("must be a currency code of ISO 4217 such as RUB")
    return value


def _zone(value: Any) -> str:
    try:
        ZoneInfo(name(value))
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong("must be a time zone such as Europe/Moscow") from None
    return str(value)


def _levels(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 9:
        raise Wrong("must be a whole number from 1 to 9")
    return value


def _read_attribution(reader: Reader, top: dict[str, Any]) -> AttributionTerms:
    path: Path = ("attribution",)
    fields = reader.part(top, "attribution", (), _ATTRIBUTION)
    return AttributionTerms(
        policy=reader.need(fields, "policy", path, _POLICY) or "first",
        code_over_link=reader.take(fields, "code_over_link", path, flag, default=True),
        click_window_days=reader.maybe(fields, "click_window_days", path, whole),
        term_days=reader.maybe(fields, "term_days", path, whole),
        term_mode=reader.take(fields, "term_mode", path, _TERM_MODE, "sliding"),
        own_purchases=reader.take(fields, "own_purchases", path, flag, default=False),
    )


def _read_accrual(reader: Reader, top: dict[str, Any]) -> AccrualTerms:
    path: Path = ("accrual",)
    fields = reader.part(top, "accrual", (), _ACCRUAL)
    if fields.get("statuses") is None:
        reader.missing(fields, "statuses", path)
    statuses = reader.texts(fields, "statuses", path, text)
    lost = reader.texts(fields, "lost", path, text)
    for index, status in enumerate(lost):
        if status in statuses:
            reader.wrong((*path, "lost", index), "is among the accrual statuses too")
    return AccrualTerms(
        frozenset(statuses), frozenset(lost), reader.take(fields, "hold_days", path, whole, 0)
    )


def read_card(
    reader: Reader, fields: dict[str, Any], path: Path, digits: int, before: PartnerCard | None = None
) -> PartnerCard:
    """A partner's card; keys that are not written stay as they were `before`, null clears."""
    card = before or PartnerCard(PartnerState(reader.need(fields, "id", path, name) or ""))
    state = card.state
    if "invited_by" in fields:
        state = replace(state, invited_by=reader.maybe(fields, "invited_by", path, name))
    if "groups" in fields:
        state = replace(state, groups=frozenset(reader.texts(fields, "groups", path, name)))
    if "email" in fields:
        email = reader.maybe(fields, "email", path, text)
        state = replace(state, email=emails.normalise(email) if email else None)
    if "phone" in fields:
        phone = reader.maybe(fields, "phone", path, text)
        state = replace(state, phone=phones.normalise(phone) if phone else None)
    if "blocked" in fields:
        state = replace(state, blocked=reader.take(fields, "blocked", path, flag, default=False))
    welcome, joined = card.welcome_minor, card.joined
    if "welcome" in fields:
        welcome = reader.take(fields, "welcome", path, money(digits), 0)
    if "joined" in fields:
        joined = reader.maybe(fields, "joined", path, moment)
    return PartnerCard(state, welcome, joined)


def _read_partners(reader: Reader, written: list[Any], programme: Programme) -> None:
    places: dict[str, int] = {}
    for index, one in enumerate(written):
        path: Path = ("partners", index)
        fields = reader.object(one, path, PARTNER_KEYS)
        card = read_card(reader, fields, path, programme.terms.digits)
        if not card.state.id:
            continue
        if card.state.id in places:
            reader.wrong((*path, "id"), "two partners with this id")
            continue
        places[card.state.id] = index
        programme.cards[card.state.id] = card
    for partner, index in places.items():
        if wrong := inviter_problem(partner, programme.cards):
            reader.wrong(("partners", index, "invited_by"), wrong)


def inviter_problem(partner: str, cards: dict[str, PartnerCard]) -> str | None:
    """What is wrong with the partner's inviter: unknown, or a circle that the partner is in."""
    inviter = cards[partner].state.invited_by
    if inviter is not None and inviter not in cards:
        return "unknown inviter"
    seen = set()
    while inviter is not None and inviter in cards and inviter not in seen:
        if inviter == partner:
            return "a circle of inviters"
        seen.add(inviter)
        inviter = cards[inviter].state.invited_by
    return None


def _read_codes(reader: Reader, top: dict[str, Any], programme: Programme) -> None:
    for index, one in enumerate(reader.items(top, "codes", ())):
        path: Path = ("codes", index)
        fields = reader.object(one, path, _CODE)
        written = reader.need(fields, "code", path, code)
        partner = reader.need(fields, "partner", path, name)
        if partner is not None and partner not in programme.cards:
            reader.wrong((*path, "partner"), "unknown partner")
        if written is None or partner is None:
            continue
        if written in programme.codes:
            reader.wrong((*path, "code"), "two codes that differ in case only, or not at all")
        programme.codes[written] = partner
