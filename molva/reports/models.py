"""Files of long lists that one person has asked for: what was asked, how far it is, where the file lies."""

from django.db import models
from django.db.models import Q

from molva.programmes.models import Programme
from molva.reports.longwork import LongWork


class ExportState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # the file was removed after its days


class ExportForm(models.TextChoices):
    CSV = "csv"
    XLSX = "xlsx"


class Export(LongWork):
    """One file. `name` and `query` are a list of the office and the filters in its address."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.TextField(blank=True)
    form = models.CharField(max_length=4, choices=ExportForm)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=9, choices=ExportState, default=ExportState.WAITING)
    rows = models.PositiveIntegerField(default=0)  # as they were counted
    size_bytes = models.PositiveBigIntegerField(default=0)

    class Meta(LongWork.Meta):
        indexes = [
            # my files, newest first
            models.Index(fields=["programme", "person", "-created_at"], name="export_mine"),
            # the queue: what waits or runs, the oldest first
            models.Index(
                fields=["created_at"], condition=Q(state__in=["waiting", "running"]), name="export_live"
            ),
            # files whose days are over
            models.Index(fields=["finished_at"], condition=Q(state="ready"), name="export_ready"),
        ]

    def __str__(self) -> str:
        return f"{self.name}.{self.form}"
