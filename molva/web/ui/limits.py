"""How often something may be done from one place, over all processes: a counter in the shared cache."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The visitor's address. A proxy's word counts only when one is known to stand in front, and then its own line."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.MOLVA_TRUST_PROXY and forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def is_within(name: str, most: int, seconds: int) -> bool:
    """Count once more under this name; False when it has been more than `most` times in these seconds."""
    if cache.add(name, 1, seconds):
        return True
    try:
        return int(cache.incr(name)) <= most
    except ValueError:  # it ran out between the two questions
        cache.set(name, 1, seconds)
        return True
