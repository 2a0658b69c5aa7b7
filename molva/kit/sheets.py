"""Tables as files that spreadsheets open: CSV, and XLSX with real figures and days.

Rows come one by one and none is kept, so a list of any length takes the same memory. A word that a spreadsheet would
take for a formula is never one: in CSV it gets an apostrophe, in XLSX it is stored as text.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any

import xlsxwriter

Row = Sequence[object]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BEFORE_FORMULA = " \t\r\n\u00a0\u200b\ufeff"  # signs that a spreadsheet looks past
_CHUNK = 200  # lines sent together
_SAMPLE = 200  # rows by which the widths of columns are chosen
_WIDEST, _NARROWEST = 60, 8  # in characters
_LONGEST_CELL = 32_767  # what a cell of XLSX can hold
SHEET_ROWS = 1_048_575  # without the header


def csv_lines(header: Row, rows: Iterable[Row], *, decimal_comma: bool) -> Iterator[str]:
    """The text of a CSV file in pieces; semicolons, because commas part the kopecks of half the world."""
    writer = csv.writer(_Echo(), delimiter=";")
    yield "\ufeff" + str(writer.writerow([csv_cell(cell) for cell in header]))  # UTF-8 is known by this sign
    lines = (
        str(writer.writerow([csv_cell(cell, decimal_comma=decimal_comma) for cell in row])) for row in rows
    )
    while piece := "".join(islice(lines, _CHUNK)):
        yield piece


def csv_cell(value: object, *, decimal_comma: bool = False) -> str:
    """A cell as text: figures stay figures, days are ISO, risky words get an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if decimal_comma else f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    text = str(value)
    is_risky = text.startswith(_FORMULA) or text.lstrip(_BEFORE_FORMULA).startswith(_FORMULA)
    return f"'{text}" if isinstance(value, str) and is_risky else text


def write_xlsx(
    target: IO[bytes],
    header: Row,
    rows: Iterable[Row],
    *,
    day_format: str = "yyyy-mm-dd",
    folder: str | None = None,
) -> None:
    """Write a workbook: a bold frozen header, columns as wide as their first rows ask, another sheet when one is full.

    Naive datetimes are written as the clocks of the reader show them; money is a Decimal with the digits of its
    currency. The rows wait in temporary files of `folder` (the system's own by default), not in memory.
    """
    options = {"constant_memory": True, "default_date_format": day_format, "tmpdir": folder}
    book = xlsxwriter.Workbook(target, options)
    formats = _Formats(book, day_format)
    rows = iter(rows)
    sample = list(islice(rows, _SAMPLE))
    widths = _widths(header, sample)
    left = chain(sample, rows)
    first = next(left, None)
    while True:
        sheet = _sheet(book, header, widths, formats)
        for number, row in enumerate(
            chain([first] if first is not None else [], islice(left, SHEET_ROWS - 1)), 1
        ):
            _write_row(sheet, number, row, formats)
        first = next(left, None)
        if first is None:
            break
    book.close()


class _Echo:
    """What `csv` writes into: gives the line back."""

    def write(self, line: str) -> str:
        return line


class _Formats:
    """The looks of cells in one workbook, made when first needed."""

    def __init__(self, book: Any, day_format: str) -> None:
        self._book, self._known = book, dict[str, Any]()
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.day, self.moment = day_format, f"{day_format} hh:mm"

    def of(self, pattern: str) -> Any:
        """The look with this number format."""
        if pattern not in self._known:
            self._known[pattern] = self._book.add_format({"num_format": pattern})
        return self._known[pattern]

    def of_figure(self, value: Decimal) -> Any:
        """With as many digits after the point as the figure has."""
        digits = max(0, -int(value.as_tuple().exponent))
        return self.of("#,##0" + ("." + "0" * digits if digits else ""))


def _sheet(book: Any, header: Row, widths: list[int], formats: _Formats) -> Any:
    sheet = book.add_worksheet()
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(header):
        sheet.write_string(0, column, str(title), formats.head)
    return sheet


def _write_row(sheet: Any, number: int, row: Row, formats: _Formats) -> None:
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, Decimal):
            sheet.write_number(number, column, value, formats.of_figure(value))
        elif isinstance(value, int):
            sheet.write_number(number, column, value)
        elif isinstance(value, datetime):
            sheet.write_datetime(number, column, value, formats.of(formats.moment))
        elif isinstance(value, date):
            sheet.write_datetime(number, column, value, formats.of(formats.day))
        else:
            sheet.write_string(number, column, str(value)[:_LONGEST_CELL])


def _widths(header: Row, sample: list[Row]) -> list[int]:
    widths = [len(str(title)) for title in header]
    for row in sample:
        for column, value in enumerate(row):
            widths[column] = max(
                widths[column], len(csv_cell(value)) + (3 if isinstance(value, Decimal) else 1)
            )
    return [min(max(width, _NARROWEST), _WIDEST) for width in widths]
