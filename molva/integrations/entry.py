"""Writes of stage 8: people who come in from a shop's back office.

The shop's word proves one thing: somebody of this shop has come. It is enough to let a new person in, and to let the
same person in again; it never opens an account that has, or may have, something else behind it. There a code of ours
must prove the e-mail first.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from molva.integrations.models import AppInstall, ShopStaff
from molva.integrations.sources.insales.application import Claims
from molva.kit import clock, emails
from molva.programmes.models import Partner
from molva.workspaces.models import Member, User
from molva.workspaces.scoping import scope
from molva.workspaces.services import admit_member

Verdict = Literal["in", "confirm", "closed", "no_email"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is to be done with a person: let in, ask for a code first, or turn away."""

    verdict: Verdict
    user: User | None = None
    is_proved: bool = False  # whether a code of ours has ever stood behind this person


def mark_of(user: User) -> str:
    """Changes when the person proves the e-mail, gets another place by it, or sets a password."""
    return salted_hmac("molva.entry.mark", user.password, algorithm="sha256").hexdigest()


def works_there(user: User | AnonymousUser, install: AppInstall) -> bool:
    """Whether somebody who is signed in belongs to the company that has this shop."""
    if not isinstance(user, User) or install.connection is None:
        return False
    return Member.unscoped.filter(user=user, workspace_id=install.connection.workspace_id).exists()


@transaction.atomic
def arrive(install: AppInstall, claims: Claims) -> Arrival:
    """A person with a proof of the shop. `install` is active."""
    locked = AppInstall.objects.select_for_update().get(pk=install.pk)
    if locked.connection is None:
        return Arrival("closed")
    with scope(locked.connection.workspace_id):
        known = (
            ShopStaff.objects.select_related("user")
            .filter(install=locked, external_id=claims.user_id)
            .first()
        )
        return _again(known, claims) if known else _first_time(locked, claims)


def _again(known: ShopStaff, claims: Claims) -> Arrival:
    if known.is_closed or not known.user.is_active:
        return Arrival("closed")
    is_same = (known.email, known.name) == (claims.email, claims.name)
    is_own = known.proved_at is not None or known.mark == mark_of(known.user)
    if not is_same or not is_own or _works_elsewhere(known):
        return Arrival("confirm", known.user)
    if not Member.objects.filter(user=known.user).exists():
        return Arrival("closed")
    known.seen_at = clock.now()
    known.save(update_fields=["seen_at"])
    return Arrival("in", known.user, known.proved_at is not None)


def _works_elsewhere(known: ShopStaff) -> bool:
    """Whoever rules a shop can come as any of its people: what these have in other companies must not open by it."""
    places = (model.unscoped.filter(user=known.user) for model in (Member, Partner))
    return any(rows.exclude(workspace_id=known.workspace_id).exists() for rows in places)


def _first_time(install: AppInstall, claims: Claims) -> Arrival:
    email = _email_of(claims)
    if email is None:
        return Arrival("no_email")
    user, is_new = _user_of(email, claims.name)
    if not is_new or claims.email_confirmed != "true" or not claims.has_clear_border:
        return Arrival("confirm", user)
    admit_member(user=user, by=str(install))
    ShopStaff(
        install=install,
        external_id=claims.user_id,
        email=claims.email,
        name=claims.name,
        user=user,
        mark=mark_of(user),
    ).save()
    return Arrival("in", user)


def _user_of(email: str, name: str) -> tuple[User, bool]:
    """Whoever has this e-mail here, and whether they are new; two shops may bring one person at once."""
    found = User.objects.filter(email=email).first()
    if found is None:
        with suppress(IntegrityError), transaction.atomic():
            return User.objects.create_user(email, name=name[:150]), True
    return found or User.objects.get(email=email), False


def _email_of(claims: Claims) -> str | None:
    email = emails.normalise(claims.email) or ""
    try:
        validate_email(email)
    except ValidationError:
        return None
    return email


@transaction.atomic
def confirm(install: AppInstall, claims: Claims, user: User) -> bool:
    """A person of the shop has proved to us who they are: they have their place. False when it was taken away."""
    locked = AppInstall.objects.select_for_update().get(pk=install.pk)
    if locked.connection is None:
        return False
    with scope(locked.connection.workspace_id):
        rows = ShopStaff.objects.filter(install=locked)
        same_id = rows.filter(external_id=claims.user_id).first()
        if rows.filter(user=user, is_closed=True).exists() or (same_id and same_id.is_closed):
            return False
        admit_member(user=user, by=str(locked))
        row = same_id or ShopStaff(install=locked, external_id=claims.user_id)
        row.email, row.name, row.user = claims.email, claims.name, user
        row.mark, row.proved_at, row.seen_at = mark_of(user), clock.now(), clock.now()
        row.save()
    return True
