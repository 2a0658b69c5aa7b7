"""Writes of stage 0: a workspace with its first owner, the one-time set-up link, staff."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from molva.kit import clock
from molva.workspaces import journal
from molva.workspaces.errors import PersonKnown
from molva.workspaces.models import Member, Role, SetupToken, User, Workspace
from molva.workspaces.scoping import scope

_SETUP_LIFE = timedelta(hours=48)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_setup_token() -> str:
    """A new one-time set-up token (kept as a hash, good for 48 hours); earlier unused ones stop working."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        SetupToken.objects.filter(used_at__isnull=True).delete()
        SetupToken.objects.create(token_hash=_hash(token), expires_at=clock.now() + _SETUP_LIFE)
    return token


def find_setup_token(token: str) -> SetupToken | None:
    """The unused, unexpired set-up token, or None."""
    return SetupToken.objects.filter(
        token_hash=_hash(token), used_at__isnull=True, expires_at__gt=clock.now()
    ).first()


@transaction.atomic
def use_setup_token(
    *, token: str, email: str, name: str, password: str, company: str, language: str
) -> Workspace:
    """Spend a set-up token: make the owner and the workspace. Raises SetupToken.DoesNotExist when it is not good.

    A person who is known already comes in with the password that opens their place, else PersonKnown: a password typed
    here must neither be forgotten nor replace another one.
    """
    # the conditional update is the claim: two people with one link make one owner
    claimed = SetupToken.objects.filter(
        token_hash=_hash(token), used_at__isnull=True, expires_at__gt=clock.now()
    ).update(used_at=clock.now())
    if claimed != 1:
        raise SetupToken.DoesNotExist
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, language=language)
    elif not user.check_password(password):
        raise PersonKnown
    else:
        user.name = name.strip() or user.name
        user.save(update_fields=["name"])
    return create_workspace(name=company, owner=user, language=language)


@transaction.atomic
def create_workspace(
    *, name: str, owner: User, language: str = "ru", timezone: str = "Europe/Moscow", currency: str = "RUB"
) -> Workspace:
    """A workspace with its owner."""
    workspace = Workspace.objects.create(name=name, language=language, timezone=timezone, currency=currency)
    with scope(workspace):
        Member(user=owner, role=Role.OWNER).save()
        journal.record("workspace.created", workspace, actor=owner)
    return workspace


def is_set_up() -> bool:
    """Whether anybody owns a workspace here already."""
    return Workspace.objects.exists()
