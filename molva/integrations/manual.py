"""Orders by hand: one from a form, many from a file; both go through the same stored rows as a shop's hooks."""

import json
from dataclasses import dataclass

from django.db import transaction

from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.services import process_inbound
from molva.integrations.sources.manual.rows import Row, read_csv
from molva.integrations.sources.manual.source import STATUSES
from molva.jobs import enqueue
from molva.programmes.models import Programme
from molva.workspaces import journal
from molva.workspaces.models import User

MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ImportState:
    """How far an import has come: rows by what became of them."""

    total: int
    waiting: int
    applied: int
    repeated: int
    dead: int

    @property
    def is_done(self) -> bool:
        """Whether no row waits any more."""
        return self.waiting == 0


def manual_connection(programme: Programme) -> Connection:
    """The programme's connection for rows by hand, made on first use."""
    found = Connection.objects.filter(programme=programme, kind="manual").first()
    if found:
        return found
    connection = Connection(programme=programme, kind="manual", external_id="manual", name="Manual")
    connection.facts = {"statuses": STATUSES}
    connection.save()
    return connection


def record_by_hand(*, programme: Programme, values: dict[str, str], actor: User) -> InboundEvent:
    """Store and understand one typed order at once. What can't be understood waits as a dead letter."""
    connection = manual_connection(programme)
    connection.programme = programme
    with transaction.atomic():
        event = _store(connection, values, topic=f"form-{actor.pk}")
    process_inbound(event_id=event.pk)
    event.refresh_from_db()
    return event


@transaction.atomic
def import_csv(*, programme: Programme, name: str, data: bytes, actor: User) -> str:
    """Store every row of a file and queue them; returns the name of the import. Raises NotUnderstood for no table."""
    rows: list[Row] = read_csv(data)[:MAX_ROWS]
    connection = manual_connection(programme)
    event = journal.record("import.started", connection, actor=actor, data={"file": name[:200], "rows": len(rows)})
    topic = f"csv-{event.pk}"
    for row in rows:
        stored = _store(connection, {**row.values, "_row": str(row.number)}, topic=topic)
        enqueue(process_inbound, event_id=stored.pk, workspace_id=stored.workspace_id)
    return topic


def import_state(topic: str) -> ImportState:
    """Counts of an import's rows."""
    states = list(InboundEvent.objects.filter(topic=topic).values_list("state", flat=True))
    return ImportState(
        total=len(states),
        waiting=states.count(InboundState.NEW),
        applied=states.count(InboundState.APPLIED),
        repeated=states.count(InboundState.REPEATED),
        dead=states.count(InboundState.DEAD) + states.count(InboundState.REJECTED),
    )


def _store(connection: Connection, values: dict[str, str], *, topic: str) -> InboundEvent:
    body = json.dumps(values, ensure_ascii=False).encode()
    event = InboundEvent(connection=connection, topic=topic, body=body, content_type="application/json")
    event.object_id = values.get("number", "")[:120]
    event.save()
    return event
