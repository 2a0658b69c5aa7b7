"""What can go wrong when money is written. Each leaves the books as they were."""


class LedgerError(Exception):
    """The books refuse a posting."""


class KeyReusedError(LedgerError):
    """The same idempotency key came with other inputs: two different intentions share one name."""


class ForbiddenMoveError(LedgerError):
    """A transaction of this kind may not move money between these accounts."""
