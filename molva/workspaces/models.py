"""Stage 0, the tenant: a workspace, the people who run it, and the journal of everything that happened in it.

Users are global (one person may be staff of one workspace and a partner of another). The journal is append-only.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.workspaces.scoping import WorkspaceModel


class UserManager(BaseUserManager["User"]):
    """Makes users; without a password a person signs in by a code sent to the e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, by e-mail."""

    email = models.EmailField(_("E-mail"), unique=True)
    name = models.CharField(_("Name"), max_length=150, blank=True)
    language = models.CharField(max_length=2, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = UserManager()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions are bound to the e-mail too, not to the password alone: another e-mail ends them all."""
        return salted_hmac(
            "molva.session", f"{self.password}\n{self.email}", secret=secret, algorithm="sha256"
        ).hexdigest()

    def end_unproved(self) -> None:
        """Sign out whoever came in without proving that the e-mail is theirs.

        A landing lets a new person in at once, and anybody can type anybody's e-mail there. `last_login` is empty until
        a code or a password proved who it is; from then on, and with each new place, such a session is worth nothing.
        """
        if self.last_login is None and not self.has_usable_password():
            self.set_unusable_password()  # another random mark: sessions are bound to it
            self.save(update_fields=["password"])


class Workspace(models.Model):
    """A company that runs partner programmes: the tenant."""

    name = models.CharField(_("Company name"), max_length=200)
    language = models.CharField(max_length=2, default="ru")
    timezone = models.CharField(max_length=64, default="Europe/Moscow")
    currency = models.CharField(max_length=3, default="RUB")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    ACCOUNTANT = "accountant", _("Accountant")


class Member(WorkspaceModel):
    """One person's place among the staff of a workspace."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    created_at = models.DateTimeField(default=clock.now)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class SetupToken(models.Model):
    """The one-time link by which the first owner comes in; only a hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d}"


class Event(WorkspaceModel):
    """One line of the journal: who did what to what, when, with the facts. Never edited, never deleted."""

    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10, default="system")  # user, partner, source, system
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200, blank=True)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(max_length=200, blank=True)
    programme_id = models.BigIntegerField(null=True)
    partner_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta(WorkspaceModel.Meta):
        indexes = [
            # history page, newest first
            models.Index(fields=["workspace", "-at", "-id"], name="event_recent"),
            # history of one object
            models.Index(fields=["workspace", "object_kind", "object_id"], name="event_object"),
            # what people did: a few lines among millions that orders make
            models.Index(
                fields=["workspace", "actor_kind", "-at", "-id"],
                name="event_people",
                condition=models.Q(actor_id__isnull=False),
            ),
            # what changed for a partner (cabinet)
            models.Index(fields=["workspace", "partner_id", "-at", "-id"], name="event_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"
