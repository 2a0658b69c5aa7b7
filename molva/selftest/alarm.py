"""The letter to the company's owners and managers when the daily self-test fails."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from molva.jobs import job
from molva.messaging.letters import send_letter
from molva.selftest.models import SelfTest
from molva.selftest.words import reason_words, step_title
from molva.workspaces.models import Member, Role


@job(queue="mail")
def send_alarm(run_id: int) -> None:
    """One letter a person, in the person's language."""
    run = SelfTest.objects.select_related("programme__workspace").get(pk=run_id)
    failed = run.steps[-1]
    people = Member.objects.filter(role__in=(Role.OWNER, Role.MANAGER)).select_related("user").order_by("pk")
    for member in people:
        with translation.override(member.user.language or run.programme.workspace.language):
            context: dict[str, object] = {
                "subject": _("The daily test found a defect: %(programme)s")
                % {"programme": run.programme.name},
                "merchant": run.programme.workspace.name,
                "programme": run.programme,
                "step": step_title(failed["key"]),
                "reason": reason_words(failed["reason"]),
                "action_url": settings.MOLVA_URL + reverse("office:self_test", args=[run.programme.code]),
                "action": _("See the test"),
            }
            send_letter("office/mail/self_test", member.user.email, context)
