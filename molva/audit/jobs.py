"""The whole check every night, and its last word: until it finds everything in order again, payouts ask all of it."""

import logging

from molva.audit.breaches import Breach
from molva.audit.runner import run_checks
from molva.jobs import job
from molva.workspaces import journal
from molva.workspaces.models import Event, Workspace
from molva.workspaces.scoping import current_workspace_id, scope

_log = logging.getLogger(__name__)
UNSOUND, SOUND = "books.unsound", "books.sound"
_TOLD = 20  # breaches that the journal tells


@job(max_attempts=1)
def check_books() -> None:
    """Timetable entry: every workspace, one after another; what changed since the last time stands in the journal."""
    for workspace in Workspace.objects.order_by("pk"):
        with scope(workspace):
            _note(workspace, run_checks(workspace))


def _note(workspace: Workspace, breaches: list[Breach]) -> None:
    for breach in breaches[:_TOLD]:
        _log.error("workspace %s: %s", workspace.pk, breach)
    if bool(breaches) != are_suspect():
        data = {"breaches": len(breaches), "first": [str(breach) for breach in breaches[:_TOLD]]}
        journal.record(UNSOUND if breaches else SOUND, workspace, data=data)


def are_suspect() -> bool:
    """Whether the last whole check of the open workspace has found something."""
    words = Event.objects.filter(
        object_kind="workspace", object_id=current_workspace_id(), kind__in=(UNSOUND, SOUND)
    )
    return words.order_by("-pk").values_list("kind", flat=True).first() == UNSOUND
