"""Writes of stage 8: Molva as an application of shops, installed and removed from their side.

The calls are not signed, so what they bring is only kept: a job proves a password by the shop's own API before it
replaces one that works, and only the password itself removes the application. Money, orders and people stay.
"""

import logging
import secrets
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from molva.integrations.adoption import place_of, settle_install
from molva.integrations.base import PlugError
from molva.integrations.connecting import forget_key
from molva.integrations.models import AppInstall, Connection, InstallState
from molva.integrations.sources.insales import account
from molva.integrations.sources.insales.application import KIND, Call, password_of
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.workspaces import journal
from molva.workspaces.scoping import scope

_log = logging.getLogger(__name__)

# Seconds after each try: a shop takes the password only after its own install call has been answered.
PAUSES = (1, 5, 30, 120, 600, 1_800, 7_200, 21_600)
MOST_CANDIDATES = 5


def find_install(external_id: str) -> AppInstall | None:
    """The application in a shop, with its connection if it has one."""
    return (
        AppInstall.objects.select_related("connection__programme")
        .filter(kind=KIND, external_id=external_id)
        .first()
    )


@transaction.atomic
def note_install(call: Call) -> None:
    """Keep what the install address was called with, and have it proved; nothing that works is touched."""
    found, _is_new = AppInstall.objects.get_or_create(
        kind=KIND, external_id=call.external_id, defaults={"host": call.host}
    )
    _add_candidate(found, host=call.host, password=password_of(call.token))


@transaction.atomic
def note_host(install: AppInstall, host: str) -> None:
    """A shop was entered by another address: have it proved that it is the same shop."""
    if host != install.host and install.secrets.get("password"):
        _add_candidate(install, host=host, password=install.secrets["password"])


def _add_candidate(install: AppInstall, *, host: str, password: str) -> None:
    install = AppInstall.objects.select_for_update().get(pk=install.pk)
    known = [(one["password"], one["host"]) for one in install.candidates]
    if install.state == InstallState.ACTIVE:
        known.append((install.secrets.get("password"), install.host))
    if (password, host) in known:
        return
    number = install.secrets.get("last", 0) + 1
    candidate = {"id": secrets.token_hex(8), "number": number, "password": password, "host": host}
    kept = [*install.candidates, candidate][-MOST_CANDIDATES:]
    install.secrets = {**install.secrets, "last": number, "candidates": kept}
    install.save(update_fields=["secrets"])
    enqueue(prove_install, install_id=install.pk, candidate=candidate["id"], step=0)


@job(queue="shops")
def prove_install(install_id: int, candidate: str, step: int) -> None:
    """Ask the shop itself whether a password is good and whose it is; on «no» ask again later, a few times."""
    install = AppInstall.objects.filter(pk=install_id).first()
    found = _candidate(install, candidate)
    if install is None or found is None:
        return
    draft = _draft(found["host"], found["password"])
    try:
        shop = account.read_shop(draft)
    except PlugError as problem:
        _try_later(install, candidate, step, problem)
        return
    if shop["id"] != install.external_id:
        _log.warning("an install names shop %s, the password is of another one", install.external_id)
        _drop_candidate(install_id, candidate)
        return
    _keep_proof(install_id, candidate, shop)


def _draft(host: str, password: str) -> Connection:
    draft = Connection(kind=KIND, host=host)
    draft.secrets = account.application_secrets(password)
    return draft


def _candidate(install: AppInstall | None, candidate: str) -> dict[str, Any] | None:
    rows = install.candidates if install else []
    return next((one for one in rows if one["id"] == candidate), None)


def _try_later(install: AppInstall, candidate: str, step: int, problem: PlugError) -> None:
    """A chain of jobs instead of failing ones: what anybody can call must not fill the list of dead jobs."""
    if step >= len(PAUSES):
        _log.warning("an install of shop %s was never proved: %s", install.external_id, problem)
        _drop_candidate(install.pk, candidate)
        return
    pause = timedelta(seconds=max(PAUSES[step], problem.retry_after))
    enqueue(
        prove_install,
        run_after=clock.now() + pause,
        install_id=install.pk,
        candidate=candidate,
        step=step + 1,
    )


@transaction.atomic
def _drop_candidate(install_id: int, candidate: str) -> None:
    install = AppInstall.objects.select_for_update().get(pk=install_id)
    left = [one for one in install.candidates if one["id"] != candidate]
    if install.state == InstallState.NEW and not left:
        install.delete()  # nobody's: the shop never knew this password
        return
    install.secrets = {**install.secrets, "candidates": left}
    install.save(update_fields=["secrets"])


@transaction.atomic
def _keep_proof(install_id: int, candidate: str, shop: dict[str, Any]) -> None:
    """The password works and is of this shop: from now on it is the one, and earlier ones are forgotten."""
    install = place_of(install_id)
    found = _candidate(install, candidate)
    if found is None:  # removed, or overtaken by a later install, while the shop was being asked
        return
    is_move = install.state == InstallState.ACTIVE and found["password"] == install.secrets.get("password")
    later = [one for one in install.candidates if one["number"] > found["number"]]
    install.secrets = {
        "password": found["password"],
        "number": found["number"],
        "last": install.secrets["last"],
        "candidates": later,
    }
    install.host, install.name, install.facts = found["host"], shop["name"], shop
    install.proved_at = clock.now()
    if is_move:
        _move(install)
    else:
        settle_install(install)
    install.save()


def _move(install: AppInstall) -> None:
    connection = install.connection
    if connection is None or connection.host == install.host:
        return
    with scope(connection.workspace_id):
        data = {"from": connection.host, "to": install.host}
        connection.host = install.host
        connection.save(update_fields=["host"])
        journal.record("connection.moved", connection, data=data)


@transaction.atomic
def note_removal(call: Call) -> bool:
    """The application was removed in the shop. True when the caller knows its password, however often it says so."""
    install = AppInstall.objects.select_for_update().filter(kind=KIND, external_id=call.external_id).first()
    number = _number_of(install, call.token)
    told = removed_hash(call.token)
    if install is None or number is None:
        return compare_digest(told, install.removed_hash if install else "")
    _forget(install, number, told)
    return True


def removed_hash(password: str) -> str:
    """What is kept of a password that has removed the application."""
    return salted_hmac("molva.install.removed", password, algorithm="sha256").hexdigest()


def _number_of(install: AppInstall | None, password: str) -> int | None:
    """Which install call this password came from; each known one is compared, in constant time."""
    known = [] if install is None else [(one["password"], one["number"]) for one in install.candidates]
    if install is not None and install.secrets.get("password"):
        known.append((install.secrets["password"], install.secrets["number"]))
    same = [number for one, number in known if compare_digest(one.encode(), password.encode())]
    return max(same, default=None)


def _forget(install: AppInstall, number: int, told: str) -> None:
    """End everything up to that install; one that was called later goes on being proved."""
    later = [one for one in install.candidates if one["number"] > number]
    password = install.secrets.get("password")
    install.secrets = {"last": install.secrets["last"], "candidates": later}
    install.removed_hash, install.removed_at = told, clock.now()
    install.state = InstallState.REMOVED
    install.save()
    connection = install.connection
    if connection is not None and connection.secrets.get("password") == password:
        # else the shop is connected by a key of its own, or was disconnected before
        with scope(connection.workspace_id):
            forget_key(connection)
            journal.record("connection.uninstalled", connection, actor=connection.name)
