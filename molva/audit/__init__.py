"""Proof that the books are right: every invariant recomputed from the rows, on a live database, changing nothing.

Checks ask the database by plain SQL or by the pure rules, not by the services that wrote the rows.
"""

from molva.audit.breaches import Breach
from molva.audit.runner import run_checks

__all__ = ["Breach", "run_checks"]
