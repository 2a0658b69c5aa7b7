"""The raw clicks' column side: questions that no rollup could hold, over hot, sealed and far-away clicks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from molva.tracking.columns.questions import ClickColumns
    from molva.tracking.columns.words import NoCountries


def open_columns() -> "ClickColumns":
    """The store that answers here (see `stores`)."""
    # `tracking.ingest` reads words from this package before Django's models are there
    from molva.tracking.columns import stores  # noqa: PLC0415

    return stores.open_columns()


def why_no_countries() -> "NoCountries":
    """Why `country` is empty everywhere; empty when countries are known (see `stores`)."""
    from molva.tracking.columns import stores  # noqa: PLC0415 - see above

    return stores.why_no_countries()
