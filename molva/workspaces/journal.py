"""The journal: one append-only line for each thing that happened, written in the transaction of the change itself.

History pages, notifications and webhooks are all fed from here, so nothing reports what was rolled back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models

from molva.kit import clock
from molva.workspaces.models import Event, User


def record(kind: str, obj: models.Model | None = None, **facts: Any) -> Event:
    """Write one event (see `event`) into the open workspace's journal and return it."""
    made = event(kind, obj, **facts)
    made.save()
    return made


def record_all(events: Sequence[Event]) -> None:
    """Write events that `event` made, in their order, into the open workspace's journal."""
    Event.objects.insert_each(events)


def event(
    kind: str,
    obj: models.Model | None = None,
    *,
    actor: User | models.Model | str | None = None,
    data: dict[str, Any] | None = None,
    partner_id: int | None = None,
    programme_id: int | None = None,
    at: datetime | None = None,
) -> Event:
    """An event (`kind` like «order.recorded») that is yet to be written.

    `actor`: a User, a Partner, a source's name, or None for Molva itself. `data` must be JSON.
    """
    made = Event(
        kind=kind, data=data or {}, at=at or clock.now(), partner_id=partner_id, programme_id=programme_id
    )
    if obj is not None:
        made.object_kind = obj._meta.model_name or ""
        made.object_id = obj.pk
        made.object_label = str(obj)[:200]
        if programme_id is None:
            made.programme_id = getattr(obj, "programme_id", None)
        if partner_id is None:
            made.partner_id = obj.pk if made.object_kind == "partner" else getattr(obj, "partner_id", None)
    if isinstance(actor, User):
        made.actor_kind, made.actor_id, made.actor_label = "user", actor.pk, str(actor)
    elif isinstance(actor, str):
        made.actor_kind, made.actor_label = "source", actor
    elif actor is not None:
        made.actor_kind, made.actor_id, made.actor_label = "partner", actor.pk, str(actor)
    return made
