"""Uploads: images come out as images, everything else does not come out."""

from pathlib import Path

import pytest
from django.conf import settings
from django.http import Http404
from django.test import RequestFactory
from PIL import Image

from molva.config.media import show_upload

SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of uploads with one picture and much else."""
    uploads = tmp_path / "media"
    (uploads / "logos").mkdir(parents=True)
    Image.new("RGB", (2, 2)).save(uploads / "logos" / "a-1.png")
    Image.new("RGB", (2, 2)).save(uploads / "really-jpeg.png", format="JPEG")
    (uploads / "page.html").write_bytes(SCRIPT)
    (uploads / "page.png").write_bytes(SCRIPT)
    (uploads / "mark.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    Image.new("RGB", (2, 2)).save(tmp_path / "secret.png")
    monkeypatch.setattr(settings, "MEDIA_ROOT", uploads)
    return uploads


@pytest.mark.parametrize(
    ("name", "kind"), [("logos/a-1.png", "image/png"), ("really-jpeg.png", "image/jpeg")]
)
def test_an_image_has_the_type_of_its_bytes(name: str, kind: str, folder: Path) -> None:
    response = show_upload(RequestFactory().get("/"), name)
    assert response.content == (folder / name).read_bytes()
    assert response["Content-Type"] == kind
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        "page.html", "page.png", "mark.svg", "missing.png", "logos", "logos/", "../secret.png",
        "logos/../../secret.png", "/etc/passwd", "", "a\0.png", "logos//a-1.png", ".png",
    ],
)  # fmt: skip
def test_everything_else_is_not_there(name: str) -> None:
    with pytest.raises(Http404):
        show_upload(RequestFactory().get("/"), name)
