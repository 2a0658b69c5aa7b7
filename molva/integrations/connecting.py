"""Writes of stage 8: connecting a shop, setting it up, reading its statuses, disconnecting."""

import contextlib
import secrets
from typing import Any

from django.db import transaction

from molva.integrations.base import PlugError, secret_hash
from molva.integrations.models import Connection
from molva.integrations.registry import source_of
from molva.integrations.setup import begin_setup
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.programmes.models import Programme
from molva.programmes.services import update_programme
from molva.tracking.services import refresh_links
from molva.workspaces import journal
from molva.workspaces.models import User


def hook_hash(secret: str) -> str:
    """What is kept of a hook address's secret."""
    return secret_hash(secret)


def connect_shop(
    *, programme: Programme, kind: str, host: str, login: str, password: str, actor: User | None
) -> Connection:
    """Connect a shop by its API key: prove the key first, then store it, then set the shop up. Raises PlugError."""
    draft = Connection(programme=programme, kind=kind, name=host, host=host.strip().lower())
    draft.secrets = {"login": login.strip(), "password": password.strip()}
    facts = source_of(kind).verify(draft)
    with transaction.atomic():
        connection = store_connection(draft, facts, actor=actor)
        journal.record("connection.made", connection, actor=actor)
    return connection


def store_connection(draft: Connection, facts: dict[str, Any], *, actor: User | None) -> Connection:
    """Keep a proved key or application password, with a new hook secret, and have the shop set up.

    A shop that its programme knows already stays the same connection. For the caller's transaction and scope.
    """
    programme = draft.programme
    connection = (
        Connection.objects.select_for_update()
        .filter(programme=programme, kind=draft.kind, external_id=facts["id"])
        .first()
    ) or draft
    connection.external_id = facts["id"]
    connection.name, connection.host = facts["name"], draft.host
    connection.secrets = {**draft.secrets, "hook": secrets.token_urlsafe(32)}
    connection.hook_hash = hook_hash(connection.secrets["hook"])
    if facts["statuses"] is not None:
        connection.facts = {**connection.facts, "statuses": facts["statuses"]}
    connection.state, connection.problem, connection.checked_at = "active", "", clock.now()
    connection.save()
    if not programme.shop_url:
        update_programme(programme=programme, actor=actor, changes={"shop_url": facts["shop_url"]})
        refresh_links(programme)
    begin_setup(connection)
    return connection


def refresh_statuses(connection: Connection) -> list[dict[str, str]]:
    """Read the shop's statuses anew; chosen ones that vanished are told of in the journal."""
    facts = source_of(connection.kind).verify(connection)
    before = {status["permalink"]: status["title"] for status in connection.facts.get("statuses", [])}
    statuses: list[dict[str, str]] = facts["statuses"]
    now = {status["permalink"]: status["title"] for status in statuses}
    connection.learn(statuses=statuses)
    connection.state, connection.problem, connection.checked_at = "active", "", clock.now()
    keep(connection, "state", "problem", "checked_at")
    if gone := sorted(before.keys() - now.keys()):
        journal.record("connection.statuses_gone", connection, data={"statuses": gone})
    if renamed := [[before[one], now[one]] for one in now if before.get(one, now[one]) != now[one]]:
        journal.record("connection.statuses_renamed", connection, data={"statuses": renamed})
    return statuses


@transaction.atomic
def disconnect_shop(*, connection: Connection, actor: User) -> None:
    """Stop listening to a shop: hooks are refused, polling stops, the password is forgotten; what it told stays."""
    forget_key(connection)
    journal.record("connection.removed", connection, actor=actor)


def forget_key(connection: Connection) -> None:
    """Whatever works for this shop stops at its next step, and nothing of its key is kept."""
    connection.state, connection.problem, connection.secrets = "disconnected", "", {}
    connection.hook_hash = connection.widget_hash = ""
    connection.save(update_fields=["state", "problem", "secrets", "hook_hash", "widget_hash"])


@job(queue="shops", max_attempts=1)
def refresh_shop(connection_id: int) -> None:
    """Read a shop's statuses anew by itself; one in trouble is told of by polling."""
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    with contextlib.suppress(PlugError):
        refresh_statuses(connection)


@job(queue="shops", max_attempts=1)
def refresh_shops() -> None:
    """Timetable entry: one refreshing job for each connected shop."""
    for connection in Connection.unscoped.filter(state="active").exclude(kind="manual"):
        enqueue(
            refresh_shop,
            dedupe=f"refresh-{connection.pk}",
            connection_id=connection.pk,
            workspace_id=connection.workspace_id,
        )


def keep(connection: Connection, *fields: str) -> None:
    """Store what a job has learned, and only that: meanwhile a person may have disconnected or connected the shop."""
    rows = Connection.objects.filter(pk=connection.pk).exclude(state="disconnected")
    rows.update(**{field: getattr(connection, field) for field in fields})


def note_problem(connection: Connection, problem: str) -> None:
    state = "broken" if problem else "active"
    if (connection.state, connection.problem) != (state, problem[:300]):
        journal.record(
            "connection.broken" if problem else "connection.restored", connection, data={"problem": problem}
        )
    connection.state, connection.problem, connection.checked_at = state, problem[:300], clock.now()
    keep(connection, "state", "problem", "checked_at")


def facts_for_office(connection: Connection) -> dict[str, Any]:
    """What the settings page shows of a connection: no secret in it."""
    return {
        "name": connection.name,
        "host": connection.host,
        "state": connection.state,
        "problem": connection.problem,
        "statuses": connection.facts.get("statuses", []),
        "checked_at": connection.checked_at,
        "is_set_up": bool(connection.facts.get("is_set_up")),
    }
