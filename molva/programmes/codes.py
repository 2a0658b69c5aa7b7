"""Addresses of public pages: short, readable, free."""

from django.utils.text import slugify

from molva.programmes.models import Programme

_PLAIN = dict(
    zip("абвгдеёзийклмнопрстуфхъыьэ", "a b v g d e e z i y k l m n o p r s t u f h  y  e".split(" "), strict=True)
)
_CYRILLIC = str.maketrans(
    _PLAIN | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya"}
)
_TAKEN_BY_PAGES = {"new", "setup"}


def free_code(wish: str) -> str:
    """A free address for a programme's page, made from a name: «Лесная лавка» → «lesnaya-lavka»."""
    base = slugify(wish.casefold().translate(_CYRILLIC))[:50] or "partners"
    taken = set(Programme.unscoped.filter(code__startswith=base).values_list("code", flat=True))
    if base not in taken and base not in _TAKEN_BY_PAGES:
        return base
    return next(f"{base}-{n}" for n in range(2, 10_000) if f"{base}-{n}" not in taken)
