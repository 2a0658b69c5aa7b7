"""Which programme an order belongs to: a self-test's order is known by its e-mail, whichever way it comes.

The e-mail carries a signature of this installation, so that no buyer can send an order of his own there.
"""

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings

from molva.integrations.base import Told
from molva.integrations.models import Connection
from molva.kit.emails import normalise
from molva.programmes.models import Programme

_PREFIX = "molva-selftest"
_MARK_BYTES = 5
_SEAL_LENGTH = 20


def make_test_address() -> str:
    """A new address that no letter reaches, known as ours wherever it is seen."""
    mark = secrets.token_hex(_MARK_BYTES)
    return f"{_PREFIX}+{mark}{_seal(mark)}@{urlsplit(settings.MOLVA_URL).hostname or 'localhost'}.invalid"


def is_test_address(email: str | None) -> bool:
    """Whether an e-mail was made by `make_test_address` of this installation."""
    local = (normalise(email or "") or "").partition("@")[0]
    prefix, _plus, sealed = local.partition("+")
    mark, seal = sealed[: 2 * _MARK_BYTES], sealed[2 * _MARK_BYTES :]
    return prefix == _PREFIX and hmac.compare_digest(seal.encode(), _seal(mark).encode())


def is_rehearsed(told: Told) -> bool:
    """Whether an order or lead is a self-test's."""
    return is_test_address(told.client.email)


def programme_of(connection: Connection, told: Told) -> Programme:
    """The connection's programme; for an order of a self-test its hidden twin."""
    if not is_rehearsed(told):
        return connection.programme
    twin = Programme.objects.filter(sandbox_of=connection.programme).first()
    return twin or connection.programme


def _seal(mark: str) -> str:
    text = hmac.new(settings.SECRET_KEY.encode(), f"molva self-test {mark}".encode(), sha256).hexdigest()
    return text[:_SEAL_LENGTH]
