"""Looking for people and orders among millions: by what an index knows, and by parts of words among the newest.

Whole and begun numbers, e-mails and names, and phones, are found wherever they are. A part from within a word is looked
for among the newest `NEWEST` customers or orders only: going through all of them would take seconds. What is found is
given as ids, at most `FOUND` of each way.
"""

from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Subquery

from molva.kit import phones
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.matching import contains, person_like, ways_of
from molva.tracking.models import Customer, CustomerKey

NEWEST = 10_000
FOUND = 500
_AFTER = "\U0010ffff"  # sorts after whatever may follow a beginning


def begins(field: str, word: str) -> Q:
    """The field begins with the word: a stretch of an index, for which SQLite does not use LIKE.

    PostgreSQL does in the C locale; in others words have an order of their own, and a stretch of it proves nothing.
    """
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": word})
    return Q(**{f"{field}__gte": word, f"{field}__lt": word + _AFTER})


def found_customers(programme: Programme, word: str) -> list[int]:
    """Ids of customers by e-mail, phone, name. Three queries."""
    mine = Customer.objects.filter(programme=programme)
    keys = CustomerKey.objects.filter(programme=programme)
    wanted = Q(kind="email") & begins("value", word.lower())
    number = phones.normalise(word)
    if number:
        wanted |= Q(kind="phone", value=number)
    named = [mine.filter(begins("name", way)) for way in ways_of(word)]
    by_key = keys.filter(wanted).values_list("customer_id", flat=True)[:FOUND]
    by_name = named[0].union(*named[1:], all=True) if len(named) > 1 else named[0]
    return _joined(by_key, by_name.values_list("pk", flat=True)[:FOUND], _newest(mine, person_like(word)))


def found_orders(programme: Programme, word: str) -> list[int]:
    """Ids of orders by number. Two queries."""
    mine = Order.objects.filter(programme=programme)
    by_number = mine.filter(begins("number", word)).values_list("pk", flat=True)[:FOUND]
    return _joined(by_number, _newest(mine, contains(word, "number")))


def of_partner(programme: Programme, code: str) -> Subquery:
    """The partner of a code, as a value to compare a key with: a join would begin with the larger table."""
    rows = Partner.objects.filter(programme=programme, code_folded=code.strip().casefold(), code=code)
    return Subquery(rows.values("pk")[:1])


def _newest(rows: "QuerySet[Any]", fits: Q) -> "QuerySet[Any]":
    newest = rows.order_by("-created_at").values("pk")[:NEWEST]
    return rows.filter(fits, pk__in=newest).values_list("pk", flat=True)[:FOUND]


def _joined(*found: Any) -> list[int]:
    return list(dict.fromkeys(pk for part in found for pk in part))
