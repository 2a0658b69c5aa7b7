"""Clients as the run knows them: records seen so far, their sales by partner. Joined when a record joins them."""

from molva.domain.clients import written_keys
from molva.domain.facts import ClientKeys, OrderFacts
from molva.domain.sales import Sale, Sales


class Buyer:
    """One client and his sales to each partner. `first_created`: when his earliest known order was created."""

    __slots__ = ("first_created", "keys", "sales")

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.first_created = 2**62
        self.sales: list[Sales] = []  # few partners a client

    def meet(self, order: OrderFacts) -> bool:
        """The client has one more order; whether it is earlier than all before it, so that others are new no more."""
        is_earlier = bool(self.sales) and order.created_at < self.first_created
        self.first_created = min(self.first_created, order.created_at)
        return is_earlier

    def sales_to(self, partner: str) -> Sales:
        """The sales to a level-1 partner."""
        for sales in self.sales:
            if sales.partner == partner:
                return sales
        self.sales.append(Sales(partner))
        return self.sales[-1]

    def reckon_all(self) -> list[Sale]:
        """What is owed for every sale, anew."""
        changed = []
        for sales in self.sales:
            changed += sales.reckon(0, self.first_created)
        return changed


class Buyers:
    """All clients by key."""

    def __init__(self) -> None:
        self._by_key: dict[str, Buyer] = {}

    def see(self, client: ClientKeys, spare: str) -> tuple[Buyer, bool]:
        """The client with these keys, and whether clients who were several are one now.

        `spare` stands for the keys of a client who has none: he is alone with this record.
        """
        keys = written_keys(client) or ["-" + spare]
        by_key = self._by_key
        known = by_key.get(keys[0])
        if known is not None and all(by_key.get(key) is known for key in keys):
            return known, False
        found = list({id(buyer): buyer for key in keys if (buyer := by_key.get(key))}.values())
        main = max(found, key=lambda buyer: len(buyer.keys)) if found else Buyer()
        for other in found:
            if other is not main:
                self._absorb(main, other)
        for key in keys:
            if key not in self._by_key:
                self._by_key[key] = main
                main.keys.append(key)
        return main, len(found) > 1

    def _absorb(self, main: Buyer, other: Buyer) -> None:
        for key in other.keys:
            self._by_key[key] = main
        main.keys += other.keys
        main.first_created = min(main.first_created, other.first_created)
        for sales in other.sales:
            main.sales_to(sales.partner).absorb(sales)

    def all(self) -> list[Buyer]:
        """Every client once."""
        return list({id(buyer): buyer for buyer in self._by_key.values()}.values())
