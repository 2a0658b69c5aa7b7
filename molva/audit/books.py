"""Checks of the ledger."""

from collections.abc import Iterator

from molva.audit.breaches import Breach
from molva.ledger.chain import verify_chain


def check_chain(workspace_id: int) -> Iterator[Breach]:
    """I7: numbers without gaps, each hash covers its row and the row before it."""
    for problem in verify_chain(workspace_id):
        yield Breach("I7", f"transaction № {problem.number}", problem.what)


BOOK_CHECKS = (check_chain,)
