"""The one place that knows how to call the engine."""

from typing import Any


def run_engine(programme: dict[str, Any], events: list[dict[str, Any]], until: str | None) -> dict[str, Any]:
    """The document that the engine prints."""
    raise NotImplementedError
