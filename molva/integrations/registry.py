"""Sources by kind, loaded by dotted path from settings (`MOLVA_SOURCES`), so that a plug is a folder and one line."""

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from molva.integrations.base import Source


@lru_cache(maxsize=32)
def source_of(kind: str) -> Source:
    """The source of a kind; KeyError when no plug of that name is installed."""
    path = settings.MOLVA_SOURCES[kind]
    source: Source = import_string(path)()
    return source
