"""Orders by hand: one from a form, many from a file; both go through the same stored rows as a shop's hooks."""

import json
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from molva.integrations.inbound import process_inbound
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.queries import shop_statuses
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
    """The programme's connection for rows by hand, made on first use; it knows the statuses of the shop of the day."""
    connection = Connection.objects.filter(programme=programme, kind="manual").first() or Connection(
        programme=programme, kind="manual", external_id="manual", name="Manual"
    )
    statuses = shop_statuses(programme) or STATUSES
    if connection.pk is None or connection.facts.get("statuses") != statuses:
        connection.facts = {"statuses": statuses}
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
    event = journal.record(
        "import.started",
        connection,
        actor=actor,
        data={"file": name.replace("\x00", "")[:200], "rows": len(rows)},
    )
    topic = f"csv-{event.pk}"
    for row in rows:
        stored = _store(connection, {**row.values, "_row": str(row.number)}, topic=topic)
        enqueue(process_inbound, event_id=stored.pk, workspace_id=stored.workspace_id)
    return topic


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row of a file that could not be understood: its number in the spreadsheet, what it is about, why."""

    pk: int
    number: str
    name: str
    reason: str


def import_state(topic: str, *, programme: Programme) -> ImportState:
    """Counts of an import's rows, one query."""
    rows = InboundEvent.objects.filter(topic=topic, connection__programme=programme)
    counts = dict(rows.values_list("state").annotate(n=Count("pk")))
    return ImportState(
        total=sum(counts.values()),
        waiting=counts.get(InboundState.NEW, 0),
        applied=counts.get(InboundState.APPLIED, 0),
        repeated=counts.get(InboundState.REPEATED, 0),
        dead=counts.get(InboundState.DEAD, 0) + counts.get(InboundState.REJECTED, 0),
    )


def import_rows(topic: str, *, programme: Programme) -> list[BrokenRow]:
    """Rows that wait for a person, in the order of the file."""
    dead = InboundEvent.objects.filter(
        topic=topic, connection__programme=programme, state__in=(InboundState.DEAD, InboundState.REJECTED)
    )
    rows = []
    for event in dead.order_by("pk")[:500]:
        values = json.loads(bytes(event.body))
        rows.append(BrokenRow(event.pk, values.get("_row", ""), values.get("number", ""), event.reason))
    return rows


def _store(connection: Connection, values: dict[str, str], *, topic: str) -> InboundEvent:
    body = json.dumps(values, ensure_ascii=False).encode()
    event = InboundEvent(connection=connection, topic=topic, body=body, content_type="application/json")
    event.object_id = values.get("number", "")[:120]
    event.save()
    return event
