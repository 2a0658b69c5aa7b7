"""Who is who and what is agreed, over time: partner states, owners of codes, versions of terms.

Built once, then only asked. A version holds from its moment on, that very moment included; of several versions of
one moment the one added last holds.
"""

from bisect import bisect_left, bisect_right
from typing import Generic, TypeVar

from molva.domain.terms import PartnerState, Terms
from molva.domain.verdicts import Payee

T = TypeVar("T")

ALWAYS = -(10**18)  # earlier than any moment


class Timeline(Generic[T]):
    """Values over time; `at` answers the one in force."""

    __slots__ = ("_since", "_values")

    def __init__(self) -> None:
        self._since: list[int] = []
        self._values: list[T] = []

    def add(self, since: int, value: T) -> None:
        """Put a version in its place in time."""
        place = bisect_right(self._since, since)
        self._since.insert(place, since)
        self._values.insert(place, value)

    def at(self, moment: int) -> T | None:
        """The version in force at `moment`, None before the first."""
        if self._since and self._since[-1] <= moment:
            return self._values[-1]
        place = bisect_right(self._since, moment)
        return self._values[place - 1] if place else None

    def between(self, start: int, end: int) -> list[T | None]:
        """All that was in force at some moment from `start` to before `end`, None for «nothing yet»."""
        first, last = bisect_right(self._since, start), bisect_left(self._since, end)
        return [self._values[first - 1] if first else None, *self._values[first:last]]

    @property
    def values(self) -> list[T]:
        """All versions, earliest first."""
        return self._values


class Directory:
    """The answers the rules ask for."""

    def __init__(self) -> None:
        self._partners: dict[str, Timeline[PartnerState]] = {}
        self._codes: dict[str, Timeline[str | None]] = {}
        self._terms: Timeline[Terms] = Timeline()
        self._chains: dict[tuple[tuple[str, str | None], ...], tuple[Payee, ...]] = {}

    def add_terms(self, since: int, terms: Terms) -> None:
        """Terms in force from `since` on, for what is created from then on (`ALWAYS` = from the start)."""
        self._terms.add(since, terms)

    def add_partner(self, since: int, state: PartnerState) -> None:
        """The partner as he is from `since` on; before his first state he is unknown."""
        self._partners.setdefault(state.id, Timeline()).add(since, state)

    def add_code(self, since: int, code: str, partner: str | None) -> None:
        """A folded promo code belongs to `partner` from `since` on; None = nobody's from then on."""
        self._codes.setdefault(code, Timeline()).add(since, partner)

    def terms_at(self, moment: int) -> Terms:
        """Terms in force; before the first version the first."""
        return self._terms.at(moment) or self._terms.values[0]

    def partner_state(self, partner: str, moment: int) -> PartnerState | None:
        """The partner as of `moment`, None when he is not known yet."""
        states = self._partners.get(partner)
        return states.at(moment) if states else None

    def states_between(self, partner: str, start: int, end: int) -> list[PartnerState | None]:
        """All that the partner was at some moment from `start` to before `end`."""
        states = self._partners.get(partner)
        return states.between(start, end) if states else [None]

    def terms_between(self, start: int, end: int) -> list[Terms]:
        """All terms that were in force at some moment from `start` to before `end`."""
        return [terms or self._terms.values[0] for terms in self._terms.between(start, end)]

    def code_owner(self, code: str, moment: int) -> str | None:
        """Whose the folded code is as of `moment`."""
        owners = self._codes.get(code)
        return owners.at(moment) if owners else None

    def chain(self, levels: tuple[tuple[str, str | None], ...]) -> tuple[Payee, ...]:
        """The payees of (partner, refusal) by level; equal chains are kept once, there are few."""
        known = self._chains.get(levels)
        if known is None:
            payees = [Payee(level, partner, refusal) for level, (partner, refusal) in enumerate(levels, 1)]
            known = self._chains[levels] = tuple(payees)
        return known

    def partners(self) -> list[str]:
        """Ids of all partners ever known, ordered."""
        return sorted(self._partners)

    def all_terms(self) -> list[Terms]:
        """All versions of the terms."""
        return self._terms.values
