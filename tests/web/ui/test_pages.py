"""Theme, language and error pages; what the frame of every page promises."""

import json
import re
from http import HTTPStatus

import pytest
from django.test import Client, RequestFactory

from molva.web.ui import accent, errors
from tests.house.tree import ROOT

pytestmark = pytest.mark.urls("tests.web.ui.urls")


@pytest.fixture(autouse=True)
def _gallery(settings: pytest.FixtureRequest) -> None:
    settings.MOLVA_UI_GALLERY = True


def test_the_gallery_is_closed_in_production(client: Client, settings: pytest.FixtureRequest) -> None:
    settings.MOLVA_UI_GALLERY = False
    assert client.get("/ui/").status_code == HTTPStatus.NOT_FOUND


def test_the_theme_is_in_the_first_byte(client: Client) -> None:
    assert "data-bs-theme" not in client.get("/ui/?page=plain").content.decode()
    answer = client.post("/ui/theme/", {"theme": "dark", "next": "/ui/?page=plain"})
    assert answer["Location"] == "/ui/?page=plain"
    assert 'data-bs-theme="dark"' in client.get("/ui/?page=plain").content.decode()
    client.post("/ui/theme/", {"theme": ""})
    assert "data-bs-theme" not in client.get("/ui/?page=plain").content.decode()


def test_the_language_stays(client: Client) -> None:
    client.post("/ui/language/", {"language": "en"})
    assert '<html lang="en">' in client.get("/ui/?page=plain").content.decode()
    client.post("/ui/language/", {"language": "xx"})
    assert '<html lang="en">' in client.get("/ui/?page=plain").content.decode()


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", "javascript:x"])
def test_nobody_is_led_elsewhere(client: Client, wanted: str) -> None:
    assert client.post("/ui/theme/", {"theme": "dark", "next": wanted})["Location"] == "/"


@pytest.mark.parametrize("page", ["office", "charts", "cabinet", "plain", "letter", "counter", "studio"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_frame_is_drawn_without_inline_code(client: Client, page: str, language: str) -> None:
    client.cookies["django_language"] = language
    html = client.get(f"/ui/?page={page}").content.decode()
    assert f'<html lang="{language}">' in html
    assert "<c-" not in html
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*src=)|\son\w+=", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_htmx_may_not_evaluate(client: Client) -> None:
    html = client.get("/ui/?page=plain").content.decode()
    config = re.search(r"htmx-config\" content='([^']+)'", html)
    assert config is not None
    wanted = {"allowEval": False, "includeIndicatorStyles": False}
    assert wanted.items() <= json.loads(config[1]).items()


@pytest.mark.parametrize(
    ("view", "status"),
    [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404), (errors.csrf_failure, 403)],
)
def test_faults_need_no_database(view: object, status: int) -> None:
    answer = view(RequestFactory().get("/x/"))  # type: ignore[operator]
    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()


def test_a_broken_page_gives_a_code_that_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = errors.server_error(RequestFactory().get("/x/"))
    code = re.search(r"ML-[2-9A-Z]{4}", answer.content.decode())
    assert code is not None
    assert [record.fault_code for record in caplog.records] == [code[0]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("colour", ["#FFC53D", "#000000", "#FFFFFF", "#0F5A4A", "#E20074", "#C9F26B"])
def test_a_merchants_colour_is_made_readable(colour: str) -> None:
    sheet = accent.stylesheet(colour)
    action = dict(re.findall(r"--([\w-]+):(#[0-9A-F]{6})", sheet.split("@media")[0]))
    night = dict(re.findall(r"--([\w-]+):(#[0-9A-F]{6})", sheet.split(":root[data")[1]))
    for ground, tokens in ((accent.LIGHT, action), (accent.DARK, night)):
        assert accent.contrast(tokens["link"], ground) >= accent.WANTED
        assert accent.contrast(tokens["on-primary"], tokens["primary"]) >= accent.WANTED
        assert accent.contrast("#FFFFFF", tokens["link-card"]) >= accent.WANTED


def test_no_colour_gives_no_stylesheet() -> None:
    assert accent.stylesheet("") == ""
    assert accent.stylesheet("red;}body{display:none") == ""


def _tokens(block: str) -> list[str]:
    return re.findall(r"--[\w-]+: [^;]+;", block)


def test_both_ways_to_the_dark_theme_are_the_same() -> None:
    css = (ROOT / "molva/web/ui/styles/tokens.css").read_text(encoding="utf-8")
    by_system = css.split('not([data-bs-theme="light"]) {')[1].split("}")[0]
    by_choice = css.split(':root[data-bs-theme="dark"] {')[1].split("}")[0]
    assert len(_tokens(by_choice)) > 40
    assert _tokens(by_system) == _tokens(by_choice)


def test_the_worst_pairs_of_the_tokens_are_readable() -> None:
    css = (ROOT / "molva/web/ui/styles/tokens.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", css.split("@media")[0]))
    dark = light | dict(
        re.findall(
            r"--([\w-]+): (#[0-9A-F]{6});", css.split(':root[data-bs-theme="dark"] {')[1].split("}")[0]
        )
    )
    for tokens in (light, dark):
        for ink in ("ink", "ink-2", "ink-3", "link", "voice-text"):
            for ground in ("canvas", "surface", "sunken"):
                assert accent.contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground)
        for tone in ("quiet", "hold", "good", "need", "bad", "papers"):
            assert accent.contrast(tokens[f"{tone}-text"], tokens[f"{tone}-soft"]) >= 4.5, tone
        assert accent.contrast(tokens["on-primary"], tokens["primary"]) >= 4.5
        assert accent.contrast(tokens["on-danger"], tokens["danger"]) >= 4.5
        assert accent.contrast(tokens["control"], tokens["surface"]) >= 3
