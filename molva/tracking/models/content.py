"""What partners have published, each with a link of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.programmes.models import Partner, Programme
from molva.tracking.models.links import Link, PromoCode
from molva.workspaces.scoping import WorkspaceModel


class ContentKind(models.TextChoices):
    VIDEO = "video", _("Video")
    SHORT = "short", _("Short video")
    ARTICLE = "article", _("Article")
    POST = "post", _("Post")
    STREAM = "stream", _("Stream")
    PODCAST = "podcast", _("Podcast")
    OTHER = "other", _("Something else")


class AddressState(models.TextChoices):
    NEW = "new", _("Not checked yet")
    ALIVE = "alive", _("Opens")
    FAILING = "failing", _("Does not open")  # on one day or two: it may come back
    UNCHECKED = "unchecked", _("Cannot be checked")  # it answers, but not to machines
    DEAD = "dead", _("Gone")


class ContentItem(WorkspaceModel):
    """What a partner has published somewhere, with a link of its own, so that its results can be counted.

    `failures` counts days, not tries: an address is dead after three different days.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="content")
    link = models.OneToOneField(Link, on_delete=models.PROTECT, related_name="content")
    promo = models.ForeignKey(PromoCode, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=7, choices=ContentKind, default=ContentKind.VIDEO)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=1000, blank=True)  # empty: not published yet, the link is needed first
    tags = models.CharField(max_length=1000, blank=True)  # words by commas, without #
    published_date = models.DateField(null=True)
    erid = models.CharField(max_length=60, blank=True)  # mark of an advertisement, given by its operator
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    address_state = models.CharField(max_length=9, choices=AddressState, default=AddressState.NEW)
    reason = models.CharField(max_length=20, blank=True)  # why it does not open, or cannot be checked
    checked_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)  # somebody wants it checked now
    failures = models.PositiveSmallIntegerField(default=0)
    failed_date = models.DateField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "url"], name="content_once", condition=~models.Q(url="")
            )
        ]
        indexes = [
            models.Index(fields=["programme", "-created_at"], name="content_recent"),  # list of the office
            # job that looks at addresses, the longest unseen first
            models.Index(
                fields=["checked_at"],
                name="content_due",
                condition=models.Q(is_archived=False) & ~models.Q(url=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title
