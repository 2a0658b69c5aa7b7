"""Secrets at rest: a JSON column whose whole value is encrypted with a key that lives outside the database."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


def derive_key(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose from the installation's secret key."""
    return hashlib.blake2b(secret.encode(), person=purpose.encode()[:16], digest_size=32).digest()


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive_key(str(key), "column"))) for key in keys])


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs only
    """A JSON value stored as one Fernet token; never shown by `repr`, never usable in a filter."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(_box().decrypt(value.encode()))

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else _box().encrypt(json.dumps(value).encode()).decode()

    def to_python(self, value: Any) -> Any:
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name in {"exact", "in", "contains"}:
            raise TypeError("an encrypted column cannot be searched")
        return super().get_lookup(lookup_name)
