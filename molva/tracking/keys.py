"""The key that signs click tokens on this installation."""

from functools import lru_cache

from django.conf import settings

from molva.domain.click_id import derive_key


@lru_cache(maxsize=1)
def token_key() -> bytes:
    """Signing key of click tokens, derived from the secret key; the tracker derives the same."""
    return derive_key(settings.SECRET_KEY.encode())
