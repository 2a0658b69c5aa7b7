"""The self-test: the way of the data walked through with a partner and an order of its own (rows S2.35, S1.10).

Everything that it makes lies in a sandbox programme beside the real one, under the same terms: reports, lists and
balances of the real programme have nothing to leave out.
"""

from django.db import models

from molva.kit import clock
from molva.programmes.models import Programme
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class SelfTestState(models.TextChoices):
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"  # by a person


class SelfTest(WorkspaceModel):
    """One run. `steps`: what each step found, in order; `notes`: what later steps need of earlier ones."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="self_tests")
    state = models.CharField(max_length=8, choices=SelfTestState, default=SelfTestState.RUNNING)
    with_order = models.BooleanField(
        default=False
    )  # a real order is made in the shop, and removed at the end
    is_daily = models.BooleanField(default=False)  # started by the clock
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # [{"key": "link", "state": "passed" | "warned" | "failed" | "running", "at": …, "facts": {…}, "reason": "…"}]
    steps = models.JSONField(default=list)
    notes = models.JSONField(default=dict)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            # two runs at once would take each other's order for their own
            models.UniqueConstraint(
                fields=["programme"], name="self_test_one_running", condition=models.Q(state="running")
            )
        ]
        indexes = [models.Index(fields=["programme", "-started_at"], name="self_test_recent")]  # the page

    def __str__(self) -> str:
        return f"{self.programme} {self.started_at:%Y-%m-%d %H:%M}"
