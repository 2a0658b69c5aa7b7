"""Reads of stage 8: the statuses that orders of a programme may have."""

from django.utils.translation import get_language

from molva.integrations.models import Connection
from molva.integrations.sources.manual.source import STATUSES
from molva.programmes.models import Programme


def shop_statuses(programme: Programme) -> list[dict[str, str]]:
    """Statuses of the connected shops, in their order; empty without a shop."""
    shops = (
        Connection.objects.filter(programme=programme).exclude(kind="manual").exclude(state="disconnected")
    )
    return [status for shop in shops.order_by("pk") for status in shop.facts.get("statuses", [])]


def status_titles(programme: Programme) -> dict[str, str]:
    """Titles of order statuses by permalink; those of typed orders, in the reader's language, when there is no shop."""
    found = shop_statuses(programme)
    if found:
        return {status["permalink"]: status["title"] for status in found}
    in_russian = (get_language() or "").startswith("ru")
    return {status["permalink"]: status["title_ru" if in_russian else "title"] for status in STATUSES}
