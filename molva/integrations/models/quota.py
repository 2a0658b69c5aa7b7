"""What one shop's API may still be asked, shared by every process."""

from django.db import models

from molva.kit import clock


class ApiWindow(models.Model):
    """The limit of calls of one key at one shop, and whether it may be called now.

    Below the tenants: a key that is only being tried belongs to nobody yet, and the shop counts by key, whoever has it.
    """

    key = models.CharField(max_length=64, primary_key=True)  # SHA-256 of kind, login and host
    started_at = models.DateTimeField(default=clock.now)  # of the first call of the window
    used = models.PositiveIntegerField(default=0)
    allowed = models.PositiveIntegerField(default=500)  # as the shop itself says
    closed_until = models.DateTimeField(null=True)  # nobody calls before: the shop asked to wait
    failures = models.PositiveIntegerField(default=0)  # calls in a row that brought nothing usable
    rests_until = models.DateTimeField(null=True)  # after several failures only one call at a time tries
    refused_secret = models.CharField(max_length=64, blank=True)  # SHA-256 of the password that was refused
    refused_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.used}/{self.allowed}"
