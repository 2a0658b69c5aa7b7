"""Clients as the run knows them: records seen so far, their sales by partner. Joined when a record joins them."""

from molva.domain.facts import ClientKeys, OrderFacts
from molva.domain.sales import Sale, Sales


class Buyer:
    """One client and his sales to each partner. `first_created`: when his earliest known order was created."""

    __slots__ = ("first_created", "into", "sales")

    def __init__(self) -> None:
        self.into: Buyer | None = None  # the client he turned out to be
        self.first_created = 2**62
        self.sales: list[Sales] = []  # few partners a client

    def now(self) -> "Buyer":
        """The client he turned out to be."""
        buyer = self
        while buyer.into is not None:
            buyer = buyer.into
        return buyer

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

    def absorb(self, other: "Buyer") -> None:
        """All facts of the other are his."""
        other.into = self
        self.first_created = min(self.first_created, other.first_created)
        for sales in other.sales:
            self.sales_to(sales.partner).absorb(sales)
        other.sales = []


class Buyers:
    """All clients, found by id, e-mail or phone."""

    def __init__(self) -> None:
        self._made: list[Buyer] = []
        self._ids: dict[str, Buyer] = {}
        self._emails: dict[str, Buyer] = {}
        self._phones: dict[str, Buyer] = {}
        self._alone: dict[str, Buyer] = {}  # by order id: clients without a single key

    def see(self, client: ClientKeys, order: str | None = None) -> tuple[Buyer, bool]:
        """The client with these keys, and whether clients who were several are one now.

        A client without keys is alone with his `order`.
        """
        tables = [(self._ids, client.id), (self._emails, client.email), (self._phones, client.phone)]
        if client.id is client.email is client.phone is None:
            tables = [(self._alone, order)]
        found: list[Buyer] = []
        for table, key in tables:
            known = table.get(key) if key is not None else None
            if known is not None and (buyer := known.now()) not in found:
                found.append(buyer)
        main = found[0] if found else self._make()
        if len(found) > 1:
            main = max(found, key=_size)
            for other in found:
                if other is not main:
                    main.absorb(other)
        for table, key in tables:
            if key is not None:
                table[key] = main
        return main, len(found) > 1

    def _make(self) -> Buyer:
        self._made.append(Buyer())
        return self._made[-1]

    def all(self) -> list[Buyer]:
        """Every client once."""
        return [buyer for buyer in self._made if buyer.into is None]


def _size(buyer: Buyer) -> int:
    return sum(len(sales.orders) for sales in buyer.sales)
