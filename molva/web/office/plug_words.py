"""What went wrong with a shop or a payload, in the reader's language: what happened, whether money is safe, what to do.

Reasons are stored in English, short and exact; the beginning of each is known here. An unknown one is shown as it is.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_KNOWN: tuple[tuple[str, "Promise"], ...] = (
    (
        "the shop refuses the key",
        _(
            "The shop refuses the key: it is wrong, or the application was removed. Check the key or make a new one; "
            "one that works again is noticed within an hour."
        ),
    ),
    ("the shop is disconnected", _("The shop is disconnected.")),
    (
        "the shop does not answer",
        _("The shop does not answer at this address. The money is safe; we try again ourselves."),
    ),
    (
        "the shop asks to wait",
        _("The shop asks to wait: its limit of calls is used up. We go on by ourselves."),
    ),
    ("the shop is out of order", _("The shop is out of order. The money is safe; we try again ourselves.")),
    (
        "the key has no right",
        _("The key has no right for this. Give it the rights for orders, or make a new key."),
    ),
    (
        "the shop answered with the same page",
        _(
            "The shop gives the same page of orders again and again. The money is safe; we try again ourselves."
        ),
    ),
    (
        "the shop answered with something that is not",
        _("The answer of the shop is not readable. We try again ourselves."),
    ),
    (
        "the shop has this code from somebody else",
        _("A code of this spelling was made in the shop itself. Molva does not touch it."),
    ),
    (
        "the shop answered 422 to /admin/discount_codes",
        _("The shop does not take this discount or this spelling. Change it and try again."),
    ),
    ("the shop answered", _("The shop answered in an unexpected way. We try again ourselves.")),
    (
        "the shop knows no such order",
        _("The shop knows no such order: the message was not true, or the order is gone."),
    ),
    ("the body is of another shop", _("The message is about an order of another shop.")),
    ("the body names no order", _("The message names no order.")),
    ("not JSON", _("The message is not readable: it is not JSON.")),
    ("not an order", _("The message is not an order.")),
    ("the order is in", _("The order is in another currency than the programme counts in.")),
    ("no customer", _("There is no customer: a name, an e-mail or a phone is needed.")),
    ("no column", _("A column is missing in the first row of the file.")),
    ("the file is empty", _("The file is empty.")),
    ("the file is neither", _("The file is neither UTF-8 nor Windows-1251.")),
)
_FIELD_PROBLEMS: tuple[tuple[str, "Promise"], ...] = (
    ("is empty", _("is empty")),
    ("is not a number", _("is not a number")),
    ("is out of range", _("is out of range")),
    ("is not a date", _("is not a date")),
    ("is not one of the shop's", _("is none of the shop's statuses")),
    ("is not a moment", _("is not a moment in time")),
    ("has no time zone", _("has no time zone")),
    ("digits after the point", _("has too many digits after the point")),
)


def plug_words(reason: str) -> str:
    """The reason in words for people; empty for none."""
    for start, words in _KNOWN:
        if reason.startswith(start):
            return str(words)
    if reason.startswith("“"):
        field, _quote, rest = reason[1:].partition("”")
        for mark, words in _FIELD_PROBLEMS:
            if mark in rest:
                value = rest.partition(": ")[2]
                return f"«{field}» {words}" + (f": {value}" if value else "")
    return reason
