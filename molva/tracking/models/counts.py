"""Counts of clicks, how far click files are loaded, and whose files they are."""

from django.db import models

from molva.programmes.models import Partner, Programme
from molva.workspaces.scoping import WorkspaceModel


class ClickDay(WorkspaceModel):
    """Clicks of a link on a day of the programme's time zone, kept for ever."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    link_key = models.BigIntegerField(
        default=0
    )  # Link.pk, or 0 for the bare partner parameter on a shop page
    day = models.DateField()
    clicks = models.PositiveIntegerField(default=0)
    visitors = models.PositiveIntegerField(default=0)
    bots = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["partner", "link_key", "day"], name="click_day_once")]
        indexes = [
            models.Index(fields=["programme", "day"], name="click_day_programme")  # links of a period
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.clicks}"


class ClickTotal(WorkspaceModel):
    """Clicks of a partner, and of the whole programme, on a day of its time zone: the sums of `ClickDay`, for ever."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    partner_key = models.BigIntegerField(default=0)  # Partner.pk; 0: the whole programme
    day = models.DateField()
    clicks = models.PositiveIntegerField(default=0)
    visitors = models.PositiveIntegerField(default=0)
    bots = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "partner_key", "day"], name="click_total_once")
        ]
        indexes = [
            # all partners of a period, read from the index alone (hence the workspace, which every query names)
            models.Index(
                fields=["workspace", "programme", "day", "partner_key", "clicks", "visitors", "bots"],
                name="click_total_period",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.clicks}"


class ClickHour(WorkspaceModel):
    """Human clicks of a partner in an hour (UTC), kept for 31 days."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    hour = models.DateTimeField()
    clicks = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["partner", "hour"], name="click_hour_once")]
        # programme's hours; hours that are older than they are kept
        indexes = [models.Index(fields=["programme", "hour"], name="click_hour_programme")]

    def __str__(self) -> str:
        return f"{self.hour} {self.clicks}"


class ClickHourTotal(WorkspaceModel):
    """Human clicks of a whole programme in an hour (UTC), kept for 31 days: the sums of `ClickHour`."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    hour = models.DateTimeField()
    clicks = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["programme", "hour"], name="click_hour_total_once")]

    def __str__(self) -> str:
        return f"{self.hour} {self.clicks}"


class IngestMark(models.Model):
    """How far a click file has been loaded; moved in the transaction that writes the touches."""

    file = models.CharField(max_length=40, unique=True)
    last_click_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.file} up to {self.last_click_id}"


class TrackerNode(models.Model):
    """A machine that takes clicks: which click folder its number belongs to. Two folders of one number would give ids
    and file names twice, so the second one is not loaded while the first one is alive.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    folder = models.CharField(max_length=32)  # what `molva.tracking.nodes` has written into it
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"node {self.number}"
