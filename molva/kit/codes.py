"""Promo codes as people type them."""


def fold(text: str) -> str:
    """The form in which codes are compared: trimmed, without case."""
    return text.strip().casefold()
