"""Writes of stage 0: a workspace with its first owner, the one-time set-up link, staff."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from molva.kit import clock
from molva.workspaces import journal
from molva.workspaces.errors import LastOwner, PersonKnown
from molva.workspaces.models import Member, Role, SetupToken, User, Workspace
from molva.workspaces.scoping import current_workspace_id, scope

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
    *,
    name: str,
    owner: User | None,
    language: str = "ru",
    timezone: str = "Europe/Moscow",
    currency: str = "RUB",
) -> Workspace:
    """A workspace with its owner; without one when a shop has made it, and its first person comes later."""
    workspace = Workspace.objects.create(name=name, language=language, timezone=timezone, currency=currency)
    with scope(workspace):
        if owner is not None:
            Member(user=owner, role=Role.OWNER).save()
        journal.record("workspace.created", workspace, actor=owner)
    return workspace


def is_set_up() -> bool:
    """Whether anybody owns a workspace here already."""
    return Workspace.objects.exists()


@transaction.atomic
def admit_member(*, user: User, by: str) -> Member:
    """The open workspace's place for a person who has come from a shop (`by`): the first one is the owner."""
    workspace = Workspace.objects.select_for_update().get(pk=current_workspace_id())
    found = Member.objects.filter(user=user).first()
    if found is not None:
        return found
    role = Role.MANAGER if Member.objects.exists() else Role.OWNER
    member = Member(workspace=workspace, user=user, role=role)
    member.save()
    journal.record("member.joined", user, actor=user, data={"role": role, "shop": by})
    return member


@transaction.atomic
def change_role(*, member: Member, role: str, actor: User) -> None:
    """Another role for a person; LastOwner when nobody would own the company any more."""
    before = _lock_member(member)
    if before.role == role:
        return
    if before.role == Role.OWNER:
        _keep_an_owner(before)
    Member.objects.filter(pk=before.pk).update(role=role)
    changes = {"role": [before.role, role]}
    journal.record("member.changed", before.user, actor=actor, data={"changes": changes})


@transaction.atomic
def remove_member(*, member: Member, actor: User) -> None:
    """Take a person's access away; LastOwner when nobody would own the company any more."""
    found = _lock_member(member)
    if found.role == Role.OWNER:
        _keep_an_owner(found)
    journal.record("member.removed", found.user, actor=actor, data={"role": found.role})
    found.delete()


@transaction.atomic
def hand_over(*, member: Member, actor: User) -> None:
    """Make another person the owner in the actor's stead; the actor goes on as a manager."""
    successor = _lock_member(member)
    former = Member.objects.get(user=actor, role=Role.OWNER)
    if successor.pk == former.pk:
        return
    Member.objects.filter(pk=successor.pk).update(role=Role.OWNER)
    Member.objects.filter(pk=former.pk).update(role=Role.MANAGER)
    data = {"from": str(former.user), "to": str(successor.user)}
    journal.record("workspace.handed_over", successor.user, actor=actor, data=data)


def _lock_member(member: Member) -> Member:
    """The place as it is now; whoever changes owners of one company does so one after another."""
    Workspace.objects.select_for_update().get(pk=current_workspace_id())
    return Member.objects.select_related("user").get(pk=member.pk)


def _keep_an_owner(member: Member) -> None:
    if not Member.objects.filter(role=Role.OWNER).exclude(pk=member.pk).exists():
        raise LastOwner
