"""Pictures that people upload: opened, bounded, and written anew, so that nothing hidden in the file is ever served."""

import io
import secrets

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")


def checked_picture(file: UploadedFile, *, side: int) -> ContentFile:
    """A new WebP file of the picture, at most `side` pixels wide and high. ValueError for what is no small picture."""
    if file.size is None or file.size > MAX_BYTES:
        raise ValueError("too large")
    try:
        opened = Image.open(file, formats=_FORMATS)
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        image = ImageOps.exif_transpose(opened)
        image.thumbnail((side, side))
        target = io.BytesIO()
        mode = "RGBA" if "A" in image.getbands() or image.mode == "P" else "RGB"
        image.convert(mode).save(target, "WEBP", quality=88)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError("not a picture") from error
    return ContentFile(target.getvalue(), name=f"{secrets.token_urlsafe(16)}.webp")
