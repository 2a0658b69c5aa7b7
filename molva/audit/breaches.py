"""What a check is asked and what it answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """What to look at: a workspace, or only what drafts of payouts to these partners rest on (None: all of it)."""

    workspace_id: int
    partners: frozenset[int] | None = None

    def of(self, *columns: str) -> str:
        """The condition of SQL that one of the columns names one of the partners; nothing when all are looked at."""
        if self.partners is None:
            return ""
        ids = ", ".join(str(int(pk)) for pk in sorted(self.partners))
        return f" AND ({' OR '.join(f'{column} IN ({ids})' for column in columns)})"

    def through(self, column: str, *ways: str) -> str:
        """The same for a column of ids that statements find: each selects them and ends in a WHERE to go on with."""
        if self.partners is None:
            return ""
        found = " UNION ".join(f"{way}{self.of('owner.partner_id')}" for way in ways)
        return f" AND {column} IN ({found})"


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that does not hold: its name («I1»), the row, and what is wrong there."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"


Check = Callable[[Extent], Iterator[Breach]]
