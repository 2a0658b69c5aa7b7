"""Reads of stage 8: the statuses that the connected shops have."""

from molva.integrations.models import Connection
from molva.integrations.sources.manual.source import STATUSES as MANUAL_STATUSES
from molva.programmes.models import Programme


def status_titles(programme: Programme) -> dict[str, str]:
    """Titles of order statuses by permalink, in the shop's order; those of typed orders when there is no shop."""
    titles: dict[str, str] = {}
    connections = Connection.objects.filter(programme=programme).exclude(state="disconnected").order_by("pk")
    for connection in connections:
        for status in connection.facts.get("statuses", []):
            titles.setdefault(status["permalink"], status["title"])
    return titles or {status["permalink"]: status["title"] for status in MANUAL_STATUSES}
