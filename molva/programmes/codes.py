"""Addresses of public pages: short, readable, free."""

from django.utils.text import slugify

from molva.programmes.models import Programme

_LETTERS = "абвгдеёзийклмнопрстуфхъыьэ"
_LATIN = (*"abvgdeeziyklmnoprstufh", "", "y", "", "e")
_CYRILLIC = str.maketrans(
    dict(zip(_LETTERS, _LATIN, strict=True))
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya"}
)
_TAKEN_BY_PAGES = {"new", "setup"}


def free_code(wish: str) -> str:
    """A free address for a programme's page, made from a name: «Лесная лавка» → «lesnaya-lavka»."""
    base = slugify(wish.casefold().translate(_CYRILLIC))[:50] or "partners"
    taken = set(Programme.unscoped.filter(code__startswith=base).values_list("code", flat=True))
    if base not in taken and base not in _TAKEN_BY_PAGES:
        return base
    return next(f"{base}-{n}" for n in range(2, 10_000) if f"{base}-{n}" not in taken)
