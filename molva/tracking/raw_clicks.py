"""The one place that opens the store of raw clicks."""

from molva.tracking.columns.questions import ClickColumns
from molva.tracking.columns.stores import open_columns


def raw_clicks() -> ClickColumns:
    """The store that this installation has; see `molva.tracking.columns`."""
    return open_columns()
