"""Molva as an application of InSales: what the install and entry addresses bring, and the proofs in it.

Nothing that arrives is signed. A password made of the install token is worth something when the shop's API takes it;
`token3` is worth something when it was made with that password. The parts of token3 are joined without separators,
so a person may move characters from one part to the next: whoever reads claims must not trust a single part alone.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlencode

from django.conf import settings

KIND = "insales"
_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,200}", re.ASCII)
_CYRILLIC_KEY = "email_\u0441onfirmed"  # as the documentation prints it
_LONGEST = {"user_email": 254, "user_name": 300}


class BadCall(ValueError):
    """The address was called with something that InSales would never send."""


@dataclass(frozen=True, slots=True)
class Call:
    """What every address of the application is called with."""

    host: str
    external_id: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the shop says has come, with the shop's proof of it."""

    email: str
    name: str
    user_id: str
    email_confirmed: str  # "true" or "false", as it is hashed
    proof: str

    @property
    def has_clear_border(self) -> bool:
        """Whether no digit of the name can have been a digit of the id."""
        return not self.name[-1:].isdigit()


def is_on() -> bool:
    """Whether this installation is registered as an application."""
    return bool(settings.MOLVA_INSALES_APP and settings.MOLVA_INSALES_SECRET)


def may_be_shop(host: str) -> bool:
    """Whether a host is of InSales' own (or named by the operator): anything else is never asked nor gone to."""
    return (
        re.fullmatch(settings.MOLVA_INSALES_HOSTS, host) is not None
        or host in settings.MOLVA_ALLOW_PRIVATE_HOSTS
    )


def read_call(query: Mapping[str, list[str]], *, has_token: bool) -> Call:
    """Shop, id and token of an address. Raises BadCall."""
    host, external_id = _one(query, "shop").strip().lower(), _one(query, "insales_id")
    token = _one(query, "token") if has_token else ""
    if len(host) > 255 or not may_be_shop(host) or not _ID.fullmatch(external_id):
        raise BadCall
    if has_token and not _TOKEN.fullmatch(token):
        raise BadCall
    return Call(host, external_id, token)


def read_claims(query: Mapping[str, list[str]]) -> Claims:
    """Who has come, by the automatic login. A value that is absent is empty. Raises BadCall."""
    ways = [query[key] for key in ("email_confirmed", _CYRILLIC_KEY) if key in query]
    confirmed = ways[0][0] if len(ways) == 1 and len(ways[0]) == 1 else ""
    claims = Claims(
        _one(query, "user_email"), _one(query, "user_name"), _one(query, "user_id"), confirmed,
        _one(query, "token3").lower(),
    )  # fmt: skip
    if not _ID.fullmatch(claims.user_id) or confirmed not in ("true", "false"):
        raise BadCall
    if len(claims.email) > _LONGEST["user_email"] or len(claims.name) > _LONGEST["user_name"]:
        raise BadCall
    return claims


def _one(query: Mapping[str, list[str]], key: str) -> str:
    values = query.get(key, [""])
    if len(values) != 1:
        raise BadCall
    return values[0]


def password_of(token: str) -> str:
    """The password of the shop's API that a one-time install token stands for."""
    return _md5(token, settings.MOLVA_INSALES_SECRET)


def is_proof(claims: Claims, *, token: str, password: str) -> bool:
    """Whether the claims were made by somebody who knows the shop's password, for this very visit."""
    right = _md5(token, claims.email, claims.name, claims.user_id, claims.email_confirmed, password)
    return compare_digest(right.encode(), claims.proof.encode())


def login_address(host: str, *, token: str, back: str) -> str:
    """Where a browser is sent to be recognised by the shop's back office."""
    scheme = "http" if host in settings.MOLVA_ALLOW_PRIVATE_HOSTS else "https"
    query = urlencode({"token": token, "login": back})
    return f"{scheme}://{host}/admin/applications/{settings.MOLVA_INSALES_APP}/login?{query}"


def office_address(host: str) -> str:
    """The shop's back office, from which a person enters or installs again."""
    scheme = "http" if host in settings.MOLVA_ALLOW_PRIVATE_HOSTS else "https"
    return f"{scheme}://{host}/admin2/"


def _md5(*parts: str) -> str:
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()  # the shop's choice
