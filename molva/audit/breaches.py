"""What a check is asked and what it answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """What to look at: a workspace, and of its slow parts only these partners (None: all of it)."""

    workspace_id: int
    partners: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that does not hold: its name («I1»), the row, and what is wrong there."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"


Check = Callable[[Extent], Iterator[Breach]]
