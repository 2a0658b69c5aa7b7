"""Finding people and things by what a person types."""

import re
from functools import reduce
from operator import or_

from django.db.models import Q

_PHONE = re.compile(r"[\d\s()+.-]{5,}")


def contains(word: str, *fields: str) -> Q:
    """Any of the fields has the word in it, whatever its case.

    SQLite folds the case of Latin letters only, so the usual ways to write a Russian word are asked for, too.
    """
    return reduce(or_, (Q(**{f"{field}__icontains": way}) for field in fields for way in ways_of(word)))


def ways_of(word: str) -> list[str]:
    """The usual ways to write a word."""
    return sorted({word, word.lower(), word.upper(), word.capitalize(), word.title()})


def person_like(word: str, *, prefix: str = "", with_code: bool = False) -> Q:
    """A person by name, e-mail, phone (as written in any way) and, of partners, by code."""
    fields = [f"{prefix}name", f"{prefix}email", f"{prefix}phone", *([f"{prefix}code"] if with_code else [])]
    found = contains(word, *fields)
    digits = re.sub(r"\D", "", word)
    if len(digits) >= 5 and _PHONE.fullmatch(word):
        found |= Q(**{f"{prefix}phone__contains": digits[-10:] if len(digits) >= 10 else digits})
    return found
