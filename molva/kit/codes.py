"""Promo codes as people type them."""

_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya".replace("-", "").split(
    " "
)
_TABLE = str.maketrans(dict(zip(_CYRILLIC, _LATIN, strict=True)))


def fold(text: str) -> str:
    """The form in which codes are compared: trimmed, without case."""
    return text.strip().casefold()


def latin(text: str) -> str:
    """Russian letters in Latin ones, small, as passports write them; other signs stay."""
    return text.casefold().translate(_TABLE)
