"""How often one address may send the registration form."""

from django.http import HttpRequest

from molva.web.ui.limits import may


def may_register(request: HttpRequest) -> bool:
    """Count one more try of the visitor's address; False when it has had its ten in this hour."""
    return may(request, "register")
