"""E-mail addresses as keys of a client."""

import unicodedata


def normalise(text: str) -> str | None:
    """NFKC, trimmed, lower case, nothing more; None for an empty text."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.strip().lower() or None
