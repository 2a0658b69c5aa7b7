"""Sources by kind, loaded by dotted path from settings (`MOLVA_SOURCES`), so that a plug is a folder and one line."""

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from molva.integrations.base import CodeDoor, Source
from molva.integrations.models import Connection


@lru_cache(maxsize=32)
def source_of(kind: str) -> Source:
    """The source of a kind; KeyError when no plug of that name is installed."""
    path = settings.MOLVA_SOURCES[kind]
    source: Source = import_string(path)()
    return source


def can_have_codes(kind: str) -> bool:
    """Whether promo codes can be made in shops of this kind."""
    return kind in settings.MOLVA_SOURCES and hasattr(source_of(kind), "open_codes")


def open_codes(connection: Connection) -> CodeDoor:
    """The promo codes of a shop; AttributeError when its kind has none."""
    door: CodeDoor = source_of(connection.kind).open_codes(connection)  # type: ignore[attr-defined]
    return door
