"""Who answers questions to the raw clicks here."""

from django.conf import settings

from molva.tracking import clickfile
from molva.tracking.columns import duckdb_engine
from molva.tracking.columns.clickhouse import ClickHouseColumns
from molva.tracking.columns.duck import DuckColumns
from molva.tracking.columns.hot import HotColumns
from molva.tracking.columns.questions import ClickColumns
from molva.tracking.columns.words import NoCountries, countries


def open_columns() -> ClickColumns:
    """ClickHouse when `MOLVA_CLICKHOUSE_URL` is set, DuckDB when the extra `columns` is installed, else the hot files.

    Cheap: nothing is opened before the first question.
    """
    folder = clickfile.folder_of(settings.DATA_DIR)
    by_file = countries(settings.MOLVA_GEO_FILE)
    if settings.MOLVA_CLICKHOUSE_URL:
        return ClickHouseColumns(settings.MOLVA_CLICKHOUSE_URL, folder, by_file)
    if duckdb_engine.is_installed():
        return DuckColumns(folder, by_file)
    return HotColumns(folder, by_file)


def why_no_countries() -> NoCountries:
    """Why `country` is empty everywhere («unset», «missing», «no_reader», «broken»); empty when countries are known."""
    return countries(settings.MOLVA_GEO_FILE).why_not
