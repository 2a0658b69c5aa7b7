"""The journal: one append-only line for each thing that happened, written in the transaction of the change itself.

History pages, notifications and webhooks are all fed from here, so nothing reports what was rolled back.
"""

from datetime import datetime
from typing import Any

from django.db import models

from molva.kit import clock
from molva.workspaces.models import Event, User


def record(
    kind: str,
    obj: models.Model | None = None,
    *,
    actor: User | models.Model | str | None = None,
    data: dict[str, Any] | None = None,
    partner_id: int | None = None,
    programme_id: int | None = None,
    at: datetime | None = None,
) -> Event:
    """Write one event (`kind` like «order.recorded») into the open workspace's journal and return it.

    `actor`: a User, a Partner, a source's name, or None for Molva itself. `data` must be JSON.
    """
    event = Event(
        kind=kind, data=data or {}, at=at or clock.now(), partner_id=partner_id, programme_id=programme_id
    )
    if obj is not None:
        event.object_kind = obj._meta.model_name or ""
        event.object_id = obj.pk
        event.object_label = str(obj)[:200]
        if programme_id is None:
            event.programme_id = getattr(obj, "programme_id", None)
        if partner_id is None:
            event.partner_id = obj.pk if event.object_kind == "partner" else getattr(obj, "partner_id", None)
    if isinstance(actor, User):
        event.actor_kind, event.actor_id, event.actor_label = "user", actor.pk, str(actor)
    elif isinstance(actor, str):
        event.actor_kind, event.actor_label = "source", actor
    elif actor is not None:
        event.actor_kind, event.actor_id, event.actor_label = "partner", actor.pk, str(actor)
    event.save()
    return event
