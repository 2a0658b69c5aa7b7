"""What a check finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that does not hold: its name («I1»), the row, and what is wrong there."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"
