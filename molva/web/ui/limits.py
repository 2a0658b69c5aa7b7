"""How often something may be tried: one way for all faces, counted in the cache that all processes share.

The numbers stand in the settings (`ACCOUNT_RATE_LIMITS`), the counting is allauth's: by the e-mail or another key, by
the visitor's address (of IPv6 by the network of 64 bits, as one subscriber has all of it), by the person.
"""

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.http import HttpRequest


def may(request: HttpRequest, action: str, key: str | None = None) -> bool:
    """Count one more try; False when it is one too many."""
    return count(request, action, key) is not None


def count(request: HttpRequest, action: str, key: str | None = None) -> ratelimit.RateLimitUsage | None:
    """Count one more try, which `.rollback()` forgets again; None when it is one too many."""
    key = key.strip().lower() if key else None
    # Shops call their doors with GET, which allauth alone would let through uncounted.
    return ratelimit.consume(request, app="allauth.account", action=action, key=key, limit_get=True)


def address_of(request: HttpRequest) -> str:
    """The visitor's whole address, as the limits and the records of consents see it."""
    return str(get_adapter().get_client_ip(request))
