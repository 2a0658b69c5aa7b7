"""Writes of stage 1: programmes, their terms, their partners.

Terms and whatever money depends on about a partner are only ever added as versions, never edited.
"""

import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import models, transaction

from molva.kit import clock, emails, phones
from molva.programmes.errors import InviterCircle, PartnerExists, TermsBegun, TermsChanged
from molva.programmes.models import (
    Partner,
    PartnerStatus,
    PartnerVersion,
    Programme,
    TermsRecall,
    TermsVersion,
)
from molva.programmes.terms import check_terms
from molva.workspaces import journal
from molva.workspaces.models import User

# Terms hold since ever until the first change: an order imported from last year must find its version.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# no vowels and no look-alikes: nothing rude by accident, nothing misread from a card
_CODE_LETTERS = "bcdfghjkmnpqrstvwxz23456789"

DEFAULT_SETTINGS: dict[str, Any] = {
    "attribution": {
        "policy": "first",
        "code_over_link": True,
        "click_window_days": 90,
        "term_days": 365,
        "term_mode": "sliding",
        "own_purchases": False,
    },
    "accrual": {"statuses": ["delivered"], "lost": [], "hold_days": 14},
    "levels": 2,
}
DEFAULT_RULES: list[dict[str, Any]] = [
    {
        "id": "default",
        "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}},
        "per": "line",
        "paid_sales": 0,
    }
]


@transaction.atomic
def create_programme(
    *,
    name: str,
    code: str,
    actor: User | None = None,
    shop_url: str = "",
    currency: str = "RUB",
    timezone: str = "Europe/Moscow",
    settings: dict[str, Any] | None = None,
    rules: list[dict[str, Any]] | None = None,
) -> Programme:
    """A programme with its first version of terms (10 % and 3 %, when nothing else is said)."""
    programme = Programme(name=name, code=code, currency=currency, timezone=timezone)
    _set_shop_url(programme, shop_url)
    programme.save()
    settings, rules = settings or DEFAULT_SETTINGS, rules or DEFAULT_RULES
    check_terms(settings, rules, currency=currency, timezone=timezone)
    TermsVersion(
        programme=programme, number=1, valid_from=_BEGINNING, settings=settings, rules=rules, created_by=actor
    ).save()
    journal.record("programme.created", programme, actor=actor, programme_id=programme.pk)
    return programme


@transaction.atomic
def update_programme(*, programme: Programme, actor: User | None, changes: dict[str, Any]) -> Programme:
    """Set plain fields of a programme (names, texts, pictures, shop address) and record what was and what is."""
    before = {field: getattr(programme, field) for field in changes}
    for field, value in changes.items():
        if field == "shop_url":
            _set_shop_url(programme, value)
        else:
            setattr(programme, field, value)
    programme.save()
    journal.record(
        "programme.changed",
        programme,
        actor=actor,
        programme_id=programme.pk,
        data={"changes": {f: [_plain(before[f]), _plain(v)] for f, v in changes.items() if before[f] != v}},
    )
    return programme


@transaction.atomic
def publish_terms(
    *,
    programme: Programme,
    settings: dict[str, Any],
    rules: list[dict[str, Any]],
    actor: User | None,
    based_on: int,
    valid_from: datetime | None = None,
    note: str = "",
) -> TermsVersion:
    """A new version of terms, for orders created from `valid_from` (default: now) on.

    `based_on` is the number of the version that the person saw: TermsChanged when it is not the last any more.
    """
    check_terms(settings, rules, currency=programme.currency, timezone=programme.timezone)
    Programme.objects.select_for_update().get(pk=programme.pk)
    last = TermsVersion.objects.filter(programme=programme).latest("number")
    if last.number != based_on:
        raise TermsChanged
    version = TermsVersion(
        programme=programme,
        number=last.number + 1,
        valid_from=max(valid_from or clock.now(), clock.now()),
        settings=settings,
        rules=rules,
        note=note,
        created_by=actor,
    )
    version.save()
    journal.record(
        "terms.published",
        programme,
        actor=actor,
        programme_id=programme.pk,
        data={
            "number": version.number,
            "valid_from": version.valid_from.isoformat(),
            "note": note,
            "was": {"settings": last.settings, "rules": last.rules},
            "is": {"settings": settings, "rules": rules},
        },
    )
    return version


@transaction.atomic
def withdraw_terms(*, version: TermsVersion, actor: User | None) -> None:
    """Call off a plan before its moment. Raises TermsBegun when the moment has come or it is withdrawn already."""
    Programme.objects.select_for_update().get(pk=version.programme_id)
    waiting = TermsVersion.objects.filter(pk=version.pk, recall__isnull=True, valid_from__gt=clock.now())
    if not waiting.exists():
        raise TermsBegun
    TermsRecall(version=version, by=actor).save()
    data = {"number": version.number, "valid_from": version.valid_from.isoformat()}
    journal.record(
        "terms.withdrawn", version.programme, actor=actor, programme_id=version.programme_id, data=data
    )


@transaction.atomic
def register_partner(
    *,
    programme: Programme,
    name: str,
    email: str = "",
    phone: str = "",
    city: str = "",
    code: str = "",
    invited_by: Partner | None = None,
    groups: list[str] | None = None,
    consents: list[dict[str, Any]] | None = None,
    joined_at: datetime | None = None,
    language: str = "",
    status: str | None = None,
    actor: User | None = None,
) -> Partner:
    """A new partner of a programme, with a user to sign in by e-mail; PartnerExists when the e-mail is there.

    `language` is a new person's own: letters are written in it.
    """
    email = emails.normalise(email) or ""
    user = None
    if email:
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, name=name, language=language
        )
        found = Partner.objects.filter(programme=programme, user=user).first()
        if found:
            raise PartnerExists(found)
        user.end_unproved()
    waiting = PartnerStatus.PENDING if programme.approve_by_hand else PartnerStatus.ACTIVE
    partner = Partner(
        programme=programme,
        user=user,
        code=code or _free_code(programme),
        name=name.strip(),
        email=email,
        phone=phones.normalise(phone) or phone.strip(),
        city=city.strip(),
        groups=groups or [],
        invited_by=invited_by,
        consents=consents or [],
        joined_at=joined_at or clock.now(),
        status=status or waiting,
    )
    partner.save()
    _remember(partner, at=partner.joined_at)
    journal.record("partner.joined", partner, actor=actor or partner, data={"status": partner.status})
    return partner


@transaction.atomic
def update_partner(*, partner: Partner, actor: User | Partner | None, changes: dict[str, Any]) -> Partner:
    """Change a partner; what money depends on holds for orders created from now on."""
    if changes.get("invited_by"):
        _refuse_circle(partner, changes["invited_by"])
    before = {field: getattr(partner, field) for field in changes}
    for field, value in changes.items():
        setattr(partner, field, value)
    changed = [field for field in changes if before[field] != changes[field]]
    if not changed:
        return partner
    partner.save()
    if {"invited_by", "groups", "email", "phone", "status"} & set(changed):
        _remember(partner, at=clock.now())
    journal.record(
        "partner.changed",
        partner,
        actor=actor,
        data={"changes": {field: [_plain(before[field]), _plain(changes[field])] for field in changed}},
    )
    return partner


def _remember(partner: Partner, *, at: datetime) -> None:
    state = {
        "invited_by": partner.invited_by.code if partner.invited_by else None,
        "groups": partner.groups,
        "email": partner.email or None,
        "phone": phones.normalise(partner.phone),
        "blocked": partner.is_blocked,
    }
    PartnerVersion(partner=partner, programme_id_ref=partner.programme_id, valid_from=at, state=state).save()


def _refuse_circle(partner: Partner, inviter: Partner) -> None:
    seen = {partner.pk}
    above: Partner | None = inviter
    while above:
        if above.pk in seen:
            raise InviterCircle
        seen.add(above.pk)
        above = above.invited_by


def _free_code(programme: Programme) -> str:
    while True:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(7))
        if not Partner.objects.filter(programme=programme, code_folded=code).exists():
            return code


def _set_shop_url(programme: Programme, url: str) -> None:
    """Former hosts stay known, so that links published earlier go on counting (row S2.11)."""
    programme.shop_url = url.strip()
    host = urlsplit(programme.shop_url).netloc.lower()
    if host and host not in programme.shop_hosts:
        programme.shop_hosts = [*programme.shop_hosts, host]


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return str(value)
