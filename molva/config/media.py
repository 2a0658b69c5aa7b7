"""Uploads are shown only as the raster image they are: nothing that a browser could run leaves this door."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils._os import safe_join
from PIL import Image, UnidentifiedImageError

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_NAME = re.compile(r"(?:[\w-]+/)*[\w-]+\.(?:png|jpe?g|webp|gif)", re.IGNORECASE | re.ASCII)


def show_upload(request: HttpRequest, name: str) -> HttpResponse:
    """The image, with the type that its bytes have; 404 for everything else."""
    if not _NAME.fullmatch(name):
        raise Http404
    try:
        content, kind = _read(safe_join(settings.MEDIA_ROOT, name))
    except (OSError, UnidentifiedImageError) as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Cache-Control"] = "public, max-age=31536000, immutable"  # names are random, never used again
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _read(path: str) -> tuple[bytes, str]:
    with open(path, "rb") as file:
        with Image.open(file, formats=list(TYPES)) as image:
            kind = image.format or ""
        file.seek(0)
        return file.read(), kind
