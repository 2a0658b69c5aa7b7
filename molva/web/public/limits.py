"""How often one address may send the registration form."""

from django.http import HttpRequest

from molva.web.ui.limits import address_of, is_within

TRIES_AN_HOUR = 10
HOUR_SECONDS = 3600


def may_register(request: HttpRequest) -> bool:
    """Count one more try of the visitor's address; False when it has had its ten in this hour."""
    return is_within(f"join:{address_of(request)}", TRIES_AN_HOUR, HOUR_SECONDS)
