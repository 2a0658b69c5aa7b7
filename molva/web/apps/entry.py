"""People who press «Enter» in a shop's back office: to the shop for a proof, back with it, into the office.

The hints of the first address are trusted in nothing. The visit is remembered in the browser's session for ten minutes
and for one try; pages stand on addresses that carry no proof.
"""

import secrets
from dataclasses import asdict
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import login as sign_in
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from molva.integrations import entry as arrivals
from molva.integrations.installs import find_install, note_host
from molva.integrations.models import AppInstall, InstallState
from molva.integrations.sources.insales.application import (
    BadCall,
    Claims,
    is_proof,
    login_address,
    office_address,
    read_call,
    read_claims,
)
from molva.kit import clock
from molva.web.apps.access import app_page, token_door
from molva.workspaces.models import User

VISIT, CLAIM = "app_visit", "app_claim"
VISIT_SECONDS, CLAIM_SECONDS = 600, 1800
_BACKEND = settings.AUTHENTICATION_BACKENDS[0]
# What is said instead of an error, by the last word of the address; the status of the page.
STOPPED = {
    "odd": 400, "unknown": 404, "checking": 200, "waiting": 200, "refused": 403, "removed": 404, "old": 400,
    "closed": 403, "mailless": 400,
}  # fmt: skip
_BY_STATE = {
    InstallState.NEW: "checking", InstallState.WAITING: "waiting", InstallState.REFUSED: "refused",
    InstallState.REMOVED: "removed",
}  # fmt: skip


@token_door
def enter(request: HttpRequest) -> HttpResponse:
    """«Enter» was pressed. Whoever is signed in and works there goes straight on."""
    try:
        call = read_call(dict(request.GET.lists()), has_token=False)
    except BadCall:
        return _stop("odd")
    install = find_install(call.external_id)
    request.session[VISIT] = {"id": call.external_id, "host": call.host}
    if install is None:
        return _stop("unknown")
    if install.state != InstallState.ACTIVE:
        return _stop("checking" if install.candidates else _BY_STATE[InstallState(install.state)])
    if arrivals.works_there(request.user, install):
        note_host(install, call.host)
        return _to_office(install)
    token = secrets.token_hex(16)
    request.session[VISIT] |= {"token": token, "until": _now() + VISIT_SECONDS}
    back = settings.MOLVA_URL + reverse("apps:login")
    return redirect(login_address(call.host, token=token, back=back))


@token_door
def login(request: HttpRequest) -> HttpResponse:
    """Back from the shop with its proof. The visit is spent by the first try, whatever comes of it."""
    visit: dict[str, Any] = request.session.get(VISIT) or {}
    token, until = visit.pop("token", ""), visit.pop("until", 0)
    request.session[VISIT] = visit
    if not token or until < _now():
        return _stop("old")
    install = find_install(visit["id"])
    if install is None or install.state != InstallState.ACTIVE:
        return _stop("removed" if install else "unknown")
    try:
        claims = read_claims(dict(request.GET.lists()))
    except BadCall:
        return _stop("odd")
    if not is_proof(claims, token=token, password=install.secrets["password"]):
        return _stop("old")
    note_host(install, visit["host"])
    return _arrived(request, install, claims)


def _arrived(request: HttpRequest, install: AppInstall, claims: Claims) -> HttpResponse:
    arrival = arrivals.arrive(install, claims)
    if arrival.verdict == "closed":
        return _stop("closed")
    if arrival.verdict == "no_email":
        return _stop("mailless")
    user = cast(User, arrival.user)
    if arrival.verdict == "in":
        _sign_in(request, user, is_proved=arrival.is_proved)
        return _to_office(install)
    kept = {"shop": install.external_id, "until": _now() + CLAIM_SECONDS, "to": user.email}
    request.session[CLAIM] = kept | {"claims": asdict(claims)}
    return redirect("apps:confirm")


def _sign_in(request: HttpRequest, user: User, *, is_proved: bool) -> None:
    """A person whom only the shop knows stays unproved here: see `User.end_unproved`."""
    before = user.last_login
    sign_in(request, user, backend=_BACKEND)
    if not is_proved:
        User.objects.filter(pk=user.pk).update(last_login=before)


@app_page
def confirm(request: HttpRequest) -> HttpResponse:
    """The shop's word is not enough here: a code by e-mail first, or the session of somebody who has had one."""
    claim = _claim(request)
    if claim is None:
        return _stop("old")
    user = request.user
    is_known = isinstance(user, User) and user.last_login is not None
    context = {"email": claim["to"], "is_known": is_known, "next_url": reverse("apps:finish")}
    return render(request, "apps/confirm.html", context)


@app_page
def finish(request: HttpRequest) -> HttpResponse:
    """After our own sign-in: the person gets the place that the shop's proof gives."""
    claim = _claim(request)
    if claim is None:
        return _stop("old")
    user = request.user
    if not isinstance(user, User) or user.last_login is None:
        return redirect("apps:confirm")
    del request.session[CLAIM]
    install = find_install(claim["shop"])
    if install is None or install.state != InstallState.ACTIVE:
        return _stop("removed")
    if not arrivals.confirm(install, Claims(**claim["claims"]), user):
        return _stop("closed")
    return _to_office(install)


def _claim(request: HttpRequest) -> dict[str, Any] | None:
    found: dict[str, Any] | None = request.session.get(CLAIM)
    return found if found and found["until"] >= _now() else None


@app_page
def stopped(request: HttpRequest, why: str) -> HttpResponse:
    """Why a person did not get in, and the way on."""
    if why not in STOPPED:
        return redirect("public:root")
    visit: dict[str, Any] = request.session.get(VISIT) or {}
    again = f"{reverse('apps:entry')}?shop={visit['host']}&insales_id={visit['id']}" if visit else ""
    context = {
        "why": why,
        "again_url": again,
        "shop_url": office_address(visit["host"]) if visit else "",
        "host": visit.get("host", ""),
    }
    return render(request, "apps/stopped.html", context, status=STOPPED[why])


def _stop(why: str) -> HttpResponse:
    return redirect("apps:stopped", why)


def _to_office(install: AppInstall) -> HttpResponse:
    assert install.connection is not None  # noqa: S101 - an active install has one
    # a shop that is still being set up shows how far it is (row S2.4)
    page = "office:today" if install.connection.facts.get("is_set_up") else "office:shop_setup"
    return redirect(page, install.connection.programme.code)


def _now() -> int:
    return int(clock.now().timestamp())
