"""Applications of other developers in the fake shop: registered, installed, entered, removed.

An application knows its secret; the shop gives it a one-time token, and both make the password of it. Nothing here
holds the lock while an application is being called: it may call the API back at once.
"""

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from molva.demo.shop.outgoing import Answer, call, is_address, with_query
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp

ADDRESSES = ("install_url", "entry_url", "uninstall_url")
AVAILABLE, INSTALLED = "available", "installed"
OWNED = {
    "webhook": "uninstall_leaves_webhooks",
    "tag": "uninstall_leaves_tags",
    "widget": "uninstall_leaves_widgets",
}
REMEMBERED_CALLS = 20
CYRILLIC_KEY = "email_\u0441onfirmed"


def md5(*parts: object) -> str:
    """InSales' own choice of a hash, over its parts without separators."""
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def find(shop: Shop, identifier: str) -> Row:
    """The application of this identifier. Raises LookupError."""
    for row in shop.store.tables["application"].values():
        if row["identifier"] == identifier:
            return row
    raise LookupError(identifier)


def register(shop: Shop, wanted: Row) -> Row:
    """What a developer tells about an application; again with the same identifier changes it. Raises Refused."""
    identifier = str(wanted.get("identifier") or "")
    if not (identifier.isascii() and identifier.replace("_", "").replace("-", "").isalnum()):
        raise Refused({"identifier": ["имеет неверное значение"]})
    for name in ADDRESSES:
        if not is_address(wanted.get(name)) or "?" in str(wanted[name]):
            raise Refused({name: ["имеет неверное значение"]})
    texts = {name: wanted[name] for name in ("secret", "name", "about", *ADDRESSES) if wanted.get(name)}
    with shop.store.lock:
        shop.store.changed = True
        try:
            row = find(shop, identifier)
        except LookupError:
            new = {"identifier": identifier, "secret": secrets.token_hex(16), "name": identifier, "about": ""}
            row = shop.store.add_row("application", {**new, **_removed(), "calls": []})
        row.update(texts, trial_days=int(wanted.get("trial_days") or row.get("trial_days") or 14))
        return row


def _removed() -> Row:
    return {"state": AVAILABLE, "password": None, "new_password": None, "installed_at": None}


def install(shop: Shop, identifier: str) -> Answer:
    """Call the install address with a new token; the application is installed only when it answers 200."""
    with shop.store.lock:
        row = find(shop, identifier)
        token = secrets.token_hex(16)
        row["new_password"] = password = md5(token, row["secret"])
        row["new_password_works"] = shop.faults.install_mode == "at_once"
        query = {"shop": shop.host, "token": token, "insales_id": shop.store.settings["account_id"]}
        address = with_query(row["install_url"], query)
    answer = call(address)
    with shop.store.lock:
        if row["new_password"] == password:
            row["new_password"] = None
            if answer.status == 200:
                row.update(state=INSTALLED, password=password, installed_at=stamp(exact=True))
        _note(shop, row, "install", answer)
    return answer


def uninstall(shop: Shop, identifier: str) -> Answer:
    """Call the uninstall address with the password as the token; whatever it answers, the application is gone."""
    with shop.store.lock:
        row = find(shop, identifier)
        query = {
            "shop": shop.host,
            "token": row["password"] or "",
            "insales_id": shop.store.settings["account_id"],
        }
        row.update(_removed())
        for table, knob in OWNED.items():
            if not getattr(shop.faults, knob):
                rows = shop.store.tables[table]
                for number in [number for number, one in rows.items() if one["_owner"] == identifier]:
                    del rows[number]
    answer = call(with_query(row["uninstall_url"], query))
    with shop.store.lock:
        _note(shop, row, "uninstall", answer)
    return answer


def _note(shop: Shop, row: Row, kind: str, answer: Answer) -> None:
    row["calls"] = [{"kind": kind, "answer": answer.words, "at": stamp(exact=True)}, *row["calls"]]
    del row["calls"][REMEMBERED_CALLS:]
    shop.store.changed = True


def is_password(shop: Shop, login: str, password: str) -> bool:
    """Whether the pair opens the admin API: a key of the shop's own, or an application that is installed."""
    known = [shop.store.settings["keys"].get(login)]
    for row in list(shop.store.tables["application"].values()):
        if row["identifier"] == login:
            known += [row["password"], row["new_password"] if row.get("new_password_works") else None]
    return any(one and hmac.compare_digest(str(one).encode(), password.encode()) for one in known)


def entry_address(shop: Shop, row: Row, user: Row) -> str:
    """Where «Enter» leads: hints that nobody signs."""
    account = shop.store.settings["account_id"]
    return with_query(row["entry_url"], {"shop": shop.host, "insales_id": account, "user_id": user["id"]})


def may_login(row: Row, login: str) -> bool:
    """Whether the browser may be sent there: an installed application, the domain of its entry address."""
    same = urlsplit(login).hostname == urlsplit(row["entry_url"]).hostname
    return row["state"] == INSTALLED and is_address(login) and same


def login_address(shop: Shop, row: Row, user: Row, token: str, login: str) -> str:
    """Where the browser goes after the back office knows its person: proofs made of `token` and the password."""
    confirmed = "true" if user["email_confirmed"] else "false"
    key = CYRILLIC_KEY if shop.faults.login_cyrillic_key else "email_confirmed"
    facts: dict[str, Any] = {
        "user_email": user["email"] or "",
        "user_name": user["name"],
        "user_id": user["id"],
    }
    proofs = {
        "token": md5(token, row["password"]),
        "token2": md5(token, *facts.values(), row["password"]),
        "token3": md5(token, *facts.values(), confirmed, row["password"]),
    }
    return with_query(login, {**proofs, **facts, key: confirmed})
