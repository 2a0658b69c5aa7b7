"""How often one address may send the registration form."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

TRIES_AN_HOUR = 10
HOUR_SECONDS = 3600


def address_of(request: HttpRequest) -> str:
    """The visitor's address. A proxy's word counts only when one is known to stand in front, and then its own line."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.MOLVA_TRUST_PROXY and forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def may_register(request: HttpRequest) -> bool:
    """Count one more try of the visitor's address; False when it has had its ten in this hour."""
    key = f"join:{address_of(request)}"
    if cache.add(key, 1, HOUR_SECONDS):
        return True
    try:
        return int(cache.incr(key)) <= TRIES_AN_HOUR
    except ValueError:  # it ran out between the two questions
        cache.set(key, 1, HOUR_SECONDS)
        return True
