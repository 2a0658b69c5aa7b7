"""Why a payout cannot be drafted or moved on. Each leaves money where it was."""

from collections.abc import Sequence

from molva.audit.breaches import Breach


class PayoutError(Exception):
    """A step that this payout does not allow."""


class NothingToPayError(PayoutError):
    """The partner has nothing available, or less than nothing."""


class PayoutStateError(PayoutError):
    """The payout is not in the state from which this step is possible, for example it was paid meanwhile."""


class PayoutChangedError(PayoutError):
    """What the draft consists of has changed since it was made; draft it anew and look at the new sum."""


class BooksUnsoundError(PayoutError):
    """The check of the books found breaches, so no money leaves; `breaches` names them."""

    def __init__(self, breaches: Sequence[Breach]) -> None:
        super().__init__(f"{len(breaches)} breaches in the books, the first: {breaches[0]}")
        self.breaches = list(breaches)
