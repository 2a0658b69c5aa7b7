"""Headers and cookies of every kind of answer, as a browser gets them, errors and pictures too."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from molva.config import relay
from molva.workspaces.services import make_setup_token
from tests.security.conftest import Twin

POLICY = {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"}


def run_python(code: str, **environment: str) -> str:
    """What a fresh interpreter with these settings prints."""
    known = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", code], env=known, capture_output=True, text=True, check=True
    ).stdout


def _check_page(answer: HttpResponse, what: str) -> None:
    policy = {part.strip() for part in answer.headers.get("Content-Security-Policy", "").split(";")}
    assert policy >= POLICY, what
    assert "unsafe" not in answer.headers["Content-Security-Policy"], what
    assert "script-src 'self'" in policy, what
    _check_common(answer, what)
    assert answer.headers["X-Frame-Options"] == "DENY", what
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", what


def _check_common(answer: HttpResponse, what: str) -> None:
    assert answer.headers["X-Content-Type-Options"] == "nosniff", what
    assert answer.headers["Referrer-Policy"] == "same-origin", what
    assert "Server" not in answer.headers, what
    assert "X-Powered-By" not in answer.headers, what


def test_every_kind_of_page(twins: tuple[Twin, Twin], as_user: Callable):
    ours, _theirs = twins
    code = ours.programme.code
    nobody, owner, partner = as_user(None), as_user(ours.people["owner"]), as_user(ours.seller.user)
    accountant = as_user(ours.people["accountant"])
    pages = [
        (nobody, "/login/", 200), (nobody, "/login/password/", 200), (nobody, f"/p/{code}/", 200),
        (nobody, f"/setup/{make_setup_token()}/", 200), (nobody, "/setup/wrong/", 404),
        (nobody, "/office/", 302), (nobody, "/nowhere/at/all/", 404), (nobody, f"/s/{code}.js", 200),
        (nobody, "/s/unknown.js", 404), (nobody, f"/p/{code}/accent.css", 200), (owner, f"/office/{code}/", 200),
        (owner, f"/office/{code}/orders/?as=csv", 200), (accountant, f"/office/{code}/terms/edit/", 403),
        (partner, f"/cabinet/{code}/", 200), (partner, f"/cabinet/{code}/links/", 200),
        (partner, f"/cabinet/{code}/links/{ours.ids['link']}/qr.svg", 200),
    ]  # fmt: skip
    for client, url, status in pages:
        answer = client.get(url)
        assert answer.status_code == status, url
        _check_page(answer, url)


def test_pages_of_a_signed_in_person_are_kept_by_nobody(twins: tuple[Twin, Twin], as_user: Callable):
    ours, _theirs = twins
    for user, url in (
        (ours.people["owner"], f"/office/{ours.programme.code}/"),
        (ours.people["owner"], f"/office/{ours.programme.code}/orders/?as=csv"),
        (ours.seller.user, f"/cabinet/{ours.programme.code}/money/"),
    ):
        assert "no-store" in as_user(user).get(url).headers.get("Cache-Control", ""), url


def test_errors_have_the_same_headers(client: Client, db: None, monkeypatch: pytest.MonkeyPatch):
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    refused = strict.post("/login/", {"email": "a@example.org"})
    assert refused.status_code == 403
    _check_page(refused, "no token")
    _check_page(strict.get("/login/", headers={"host": "evil.example"}), "foreign host")
    _check_page(strict.post("/hooks/insales/wrong/orders-create", b"{}", content_type="text/json"), "hook")

    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("molva.web.public.root.is_set_up", broken)
    failed = strict.get("/")
    assert failed.status_code == 500
    assert b"secret inside" not in failed.content
    _check_page(failed, "failure")


def test_a_picture_can_run_nothing(client: Client, db: None, settings: Any, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("<script>alert(1)</script>")
    answer = client.get("/media/a.png")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    _check_common(answer, "picture")
    assert client.get("/media/b.png").status_code == 404
    for name in ("../secret.key", "..%2fsecret.key", "%2e%2e/secret.key", "a.png/", "a.svg", "/etc/passwd"):
        assert client.get(f"/media/{name}").status_code == 404, name


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
):
    ours, _theirs = twins
    monkeypatch.setattr("molva.web.public.registration.LEAST_FILL_SECONDS", 0)
    cache.clear()
    client = Client()
    page = client.get(f"/p/{ours.programme.code}/")
    started = page.context["form"]["started"].value()
    client.post(f"/p/{ours.programme.code}/", {"name": "N", "email": "new@example.org", "started": started})
    for name in ("sid", "csrftoken"):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name


def test_under_https_cookies_are_secure_and_bound_to_the_host():
    code = (
        "from molva.config import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE, s.SESSION_COOKIE_NAME, "
        "s.SECURE_HSTS_SECONDS)"
    )
    answer = run_python(code, MOLVA_URL="https://molva.example")
    assert answer.split() == ["True", "True", "True", "__Host-sid", "31536000"]


@pytest.mark.django_db
def test_a_click_that_cannot_be_counted_is_a_plain_answer(monkeypatch: pytest.MonkeyPatch):
    def away(*_args: Any) -> None:
        raise OSError

    monkeypatch.setattr(relay, "_ask", away)
    environ: dict[str, Any] = {"PATH_INFO": "/r/CODE", "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    seen: dict[str, Any] = {}
    relay.relay(environ, lambda status, headers: seen.update(status=status, headers=dict(headers)))
    assert seen["status"].startswith("503")
    assert seen["headers"]["X-Content-Type-Options"] == "nosniff"
    assert seen["headers"]["Cache-Control"] == "no-store"
    assert seen["headers"]["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
        "javascript:alert(1)", "http:///evil.example", "https://testserver@evil.example/", "/\t/evil.example",
        "https://testserver.evil.example", "////evil.example",
    ],
)  # fmt: skip
def test_no_answer_leads_away(twins: tuple[Twin, Twin], wanted: str):
    ours, _theirs = twins
    user = ours.people["owner"]
    user.set_password("a long phrase of words")
    user.save()
    client = Client()
    answers = [
        client.post("/ui/theme/", {"theme": "dark", "next": wanted}),
        client.post("/ui/language/", {"language": "en"}, headers={"referer": wanted}),
        client.post(
            "/login/password/",
            {"login": user.email, "password": "a long phrase of words", "next": wanted},
        ),
        client.post("/logout/", {"next": wanted}),
    ]
    for answer in answers:
        assert answer.status_code == 302
        assert urlsplit(answer["Location"]).netloc in ("", "testserver")
        assert answer["Location"].startswith("/")
        assert not answer["Location"].startswith(("//", "/\\"))
