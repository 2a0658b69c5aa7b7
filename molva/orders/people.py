"""Whose the records of a group are: customers found by their keys, completed, joined, or made.

All customers of the group are locked in one statement, in the order of their ids, before anything is written; what is
new is written together by `save`. A key that somebody else has learned meanwhile raises IntegrityError there: at the
next try it is known.
"""

from collections.abc import Collection, Iterable

from django.db.models import Q

from molva.domain.facts import ClientKeys
from molva.orders.models import Lead, Order
from molva.programmes.models import Programme
from molva.tracking.models import Attribution, Customer, CustomerKey, CustomerVisitor
from molva.tracking.services import Contact, key_pairs
from molva.workspaces import journal


class People:
    """Customers of some records of one programme; needs an open transaction."""

    def __init__(
        self, programme: Programme, keys: Iterable[ClientKeys], *, also: Collection[int] = ()
    ) -> None:
        """Find everybody known by any of the keys, and lock them and the customers of the ids in `also`."""
        self._programme = programme
        self._owners = _owners(programme, keys)
        wanted = {*self._owners.values(), *also}
        locked = Customer.objects.select_for_update().filter(pk__in=wanted).order_by("pk") if wanted else []
        self.locked = {customer.pk: customer for customer in locked}
        self._made: list[Customer] = []
        self._changed: list[Customer] = []
        self._learned: list[CustomerKey] = []
        self._seen: list[CustomerVisitor] = []

    def ids_of(self, keys: ClientKeys) -> set[int]:
        """Ids of the customers known by these keys; more than one means that the record joins persons."""
        return {self._owners[pair] for pair in key_pairs(keys) if pair in self._owners}

    def who(self, contact: Contact, keys: ClientKeys, visitor: str | None) -> Customer:
        """The person of a record; when its keys join several persons, one row takes over the others' facts."""
        found = [self.locked[pk] for pk in sorted(self.ids_of(keys)) if pk in self.locked]
        customer = join_customers(found) if found else Customer(programme=self._programme)
        before = (customer.name, customer.email, customer.phone)
        customer.name = customer.name or contact.name[:200]
        customer.email = customer.email or (keys.email or (contact.email or ""))[:254]
        customer.phone = customer.phone or (keys.phone or (contact.phone or ""))[:40]
        if not found:
            self._made.append(customer)
        elif before != (customer.name, customer.email, customer.phone):
            self._changed.append(customer)
        place = {"programme": self._programme, "customer": customer}
        self._learned += [
            CustomerKey(**place, kind=kind, value=value)
            for kind, value in key_pairs(keys)
            if (kind, value) not in self._owners
        ]
        if visitor:
            self._seen.append(CustomerVisitor(**place, visitor=visitor))
        return customer

    def save(self) -> None:
        """Write what `who` has made and learned."""
        if self._made:
            Customer.objects.insert_each(self._made)
        for customer in self._changed:
            customer.save(update_fields=["name", "email", "phone"])
        if self._learned:
            # always in the same order: two who learn the same keys at once wait for each other, not both for ever
            CustomerKey.objects.insert_each(sorted(self._learned, key=lambda key: (key.kind, key.value)))
        if self._seen:
            CustomerVisitor.objects.bulk_create(self._seen, ignore_conflicts=True)


def _owners(programme: Programme, keys: Iterable[ClientKeys]) -> dict[tuple[str, str], int]:
    """Customer id by each key that is known already."""
    values: dict[str, list[str]] = {}
    for one in keys:
        for kind, value in key_pairs(one):
            values.setdefault(kind, []).append(value)
    if not values:
        return {}
    wanted = Q()
    for kind, of_kind in values.items():
        wanted |= Q(kind=kind, value__in=of_kind)
    rows = CustomerKey.objects.filter(wanted, programme=programme)
    return {
        (kind, value): customer_id
        for kind, value, customer_id in rows.values_list("kind", "value", "customer_id")
    }


def join_customers(customers: list[Customer]) -> Customer:
    """Make several rows of one person one: the oldest takes over orders, leads, keys and visitors."""
    kept, others = customers[0], customers[1:]
    for other in others:
        Order.objects.filter(customer=other).update(customer=kept)
        Lead.objects.filter(customer=other).update(customer=kept)
        CustomerKey.objects.filter(customer=other).update(customer=kept)
        known = set(CustomerVisitor.objects.filter(customer=kept).values_list("visitor", flat=True))
        CustomerVisitor.objects.filter(customer=other, visitor__in=known).delete()
        CustomerVisitor.objects.filter(customer=other).update(customer=kept)
        Attribution.objects.filter(customer=other).delete()  # a projection: the next settlement makes it anew
        kept.name = kept.name or other.name
        kept.email = kept.email or other.email
        kept.phone = kept.phone or other.phone
        kept.note = "\n".join(note for note in (kept.note, other.note) if note)
        journal.record("customer.joined", kept, data={"joined": str(other), "joined_id": other.pk})
        other.delete()
    if others:
        kept.save()
    return kept
