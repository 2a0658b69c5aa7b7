"""Writes of stage 8: accepting what shops send, as it came; `inbound` understands it."""

from django.db import transaction

from molva.integrations.inbound import process_inbound
from molva.integrations.models import Connection, InboundEvent
from molva.jobs import enqueue

MAX_BODY = 1024 * 1024  # bytes; real orders are 3–40 kB


@transaction.atomic
def accept_hook(*, connection: Connection, topic: str, body: bytes, content_type: str) -> InboundEvent:
    """Store a payload as it came; when this returns and the transaction is committed, it can't be lost."""
    event = InboundEvent(connection=connection, topic=topic[:60], body=body, content_type=content_type[:100])
    event.save()
    enqueue(process_inbound, event_id=event.pk, workspace_id=event.workspace_id)
    return event
