"""Stage 1: who takes part in a programme and on what terms.

Terms are frozen versions: a change is a new version, an order is settled by the version of its own moment. A partner's
facts that money depends on (inviter, groups, contacts, block) are kept as versions too, for the same reason.
"""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class CookieNotice(models.TextChoices):
    """When the storefront script may remember a visitor in the browser."""

    OFF = "off", _("At once: a consent is not asked for")
    ASK = "ask", _("After a yes to Molva's own short notice")
    SHOP = "shop", _("After a yes to the shop's own notice")


class Programme(WorkspaceModel):
    """A partner programme of a workspace: its shop, its public page, its brand."""

    code = models.SlugField(_("Address of the page"), max_length=60, unique=True)
    name = models.CharField(_("Name"), max_length=200)
    currency = models.CharField(max_length=3, default="RUB")
    timezone = models.CharField(max_length=64, default="Europe/Moscow")
    created_at = models.DateTimeField(default=clock.now)

    shop_url = models.URLField(_("Address of the shop"), max_length=500, blank=True)
    # Hosts on which the partner's mark counts: the present one and all former ones, so that old links still work.
    shop_hosts = models.JSONField(default=list)
    mark_param = models.SlugField(_("Partner parameter"), max_length=30, default="aff")
    mark_aliases = models.JSONField(
        default=list
    )  # other words that count the same: of old links, printed cards
    # a promo code for each partner who is let in: {"pattern", "discount_kind", "discount", "limit", "min_order_minor"}
    auto_code = models.JSONField(default=dict)

    cookie_notice = models.CharField(max_length=4, choices=CookieNotice, default=CookieNotice.OFF)
    consent_cookie = models.CharField(
        max_length=80, blank=True
    )  # NAME or NAME=VALUE that the shop's own notice sets
    applies_code = models.BooleanField(
        default=False
    )  # the script types the partner's promo code into the cart

    # A programme that has this is the hidden twin in which the self-test walks; people never meet it.
    sandbox_of = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, related_name="sandbox", editable=False
    )
    tests_daily = models.BooleanField(default=False)  # the self-test runs every day by itself

    is_registration_open = models.BooleanField(_("Registration is open"), default=True)
    approve_by_hand = models.BooleanField(_("Accept partners by hand"), default=False)
    welcome_minor = models.BigIntegerField(default=0)
    is_welcome_payable = models.BooleanField(default=False)
    min_payout_minor = models.BigIntegerField(default=0)

    theme = models.CharField(max_length=20, default="letter")  # letter, counter, studio
    accent = models.CharField(max_length=7, blank=True)
    logo = models.ImageField(upload_to="logos/", blank=True)
    landing_image = models.ImageField(upload_to="landings/", blank=True)
    landing_title = models.CharField(max_length=200, blank=True)
    landing_text = models.TextField(blank=True)
    landing_button = models.CharField(max_length=60, blank=True)
    thanks_image = models.ImageField(upload_to="landings/", blank=True)
    thanks_title = models.CharField(max_length=200, blank=True)
    thanks_text = models.TextField(blank=True)
    # {"phone": "required" | "optional" | "off", "city": …}
    form_fields = models.JSONField(default=dict)
    # addresses by name: privacy, agreement, contract, news, materials
    documents = models.JSONField(default=dict)
    support_email = models.EmailField(blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def mark_words(self) -> list[str]:
        """Every word that may name a partner in an address, the present one first."""
        return list(dict.fromkeys([self.mark_param, "aff", *self.mark_aliases]))


class TermsVersion(WorkspaceModel):
    """The terms of a programme from a moment on: attribution, accrual, levels and rules. Never edited.

    `settings` and `rules` have the very form of the programme file of `molva simulate`
    (`{"attribution": …, "accrual": …, "levels": 2}` and a list of RULE), so one parser reads both.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="terms")
    number = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    settings = models.JSONField()
    rules = models.JSONField()
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(WorkspaceModel.Meta):
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["programme", "number"], name="terms_number_once")]

    def __str__(self) -> str:
        return f"{self.programme} v{self.number}"


class TermsRecall(WorkspaceModel):
    """A plan called off before its moment: that version never held and never will. A row of its own, as versions are
    never edited."""

    version = models.OneToOneField(TermsVersion, on_delete=models.PROTECT, related_name="recall")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.version} is withdrawn"


class PartnerStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for acceptance")
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")
    REFUSED = "refused", _("Refused")


class Partner(WorkspaceModel):
    """One person's place in one programme. `code` is the public name in links (`?aff=CODE`) and never changes."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="partners")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="partners")
    code = models.CharField(max_length=40)
    code_folded = models.CharField(max_length=40, editable=False)
    name = models.CharField(_("Name"), max_length=200)
    email = models.EmailField(_("E-mail"), blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)  # E.164 when it is a number
    city = models.CharField(_("City"), max_length=120, blank=True)
    groups = models.JSONField(default=list, blank=True)
    invited_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="invited"
    )
    status = models.CharField(max_length=10, choices=PartnerStatus, default=PartnerStatus.ACTIVE)
    refusal = models.CharField(_("Reason of the refusal"), max_length=500, blank=True)  # told to the partner
    note = models.TextField(blank=True)
    joined_at = models.DateTimeField(default=clock.now)
    news_seen_at = models.DateTimeField(null=True)  # news published later has an unread mark
    # [{"document": "privacy", "url": …, "text": …, "at": …, "ip": …}]: what was agreed to, with the moment
    consents = models.JSONField(default=list, blank=True, encoder=DjangoJSONEncoder)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "code_folded"], name="partner_code_once"),
            models.UniqueConstraint(
                fields=["programme", "user"], name="partner_user_once", condition=models.Q(user__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "-joined_at"], name="partner_recent"),  # list of partners
            # how many wait and work: asked on every page of the office, so from the index alone
            models.Index(fields=["programme", "status", "workspace"], name="partner_status"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code_folded = self.code.strip().casefold()
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def is_blocked(self) -> bool:
        """Only an active partner earns: a pending one waits, a refused one was not let in, a blocked one is stopped."""
        return self.status != PartnerStatus.ACTIVE


class NewsItem(WorkspaceModel):
    """A short piece of news for the partners of a programme, plain text; seen by them while published."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="news")
    title = models.CharField(_("Title"), max_length=200)
    text = models.TextField(_("Text"))
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)  # the date that partners see; empty: a draft
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        # the bell on every page of the cabinet, and the list behind it
        indexes = [models.Index(fields=["programme", "-published_at"], name="news_recent")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        """Whether partners see it."""
        return self.published_at is not None and self.withdrawn_at is None


class EmailChange(WorkspaceModel):
    """A new e-mail of a partner, which holds nothing until whoever reads the letter sent to it confirms.

    Asked for by the partner it becomes the person's own, in all programmes; asked for by staff it moves this place
    alone, because one company must not decide how a person signs in to another.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="email_changes")
    email = models.EmailField()
    is_own = models.BooleanField()
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], name="email_change_open_once", condition=models.Q(done_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.email}"


class PartnerVersion(WorkspaceModel):
    """What money depends on about a partner, from a moment on: inviter, groups, contacts, block. Never edited."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="versions")
    programme_id_ref = models.BigIntegerField()  # direct, so that a programme's whole directory is one query
    valid_from = models.DateTimeField()
    # {"invited_by": code | null, "groups": [...], "email": …, "phone": …, "blocked": bool}
    state = models.JSONField()

    class Meta(WorkspaceModel.Meta):
        indexes = [models.Index(fields=["programme_id_ref", "valid_from"], name="partner_version_directory")]

    def __str__(self) -> str:
        return f"{self.partner} since {self.valid_from:%Y-%m-%d}"
