"""Tables as files: figures that stay figures, words that never become formulas, sheets that follow each other."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from molva.kit import sheets

_CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells(book: bytes, sheet: int = 1) -> list[list[str]]:
    """The cells of a sheet: texts as they are, figures as they are stored."""
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        root = ElementTree.fromstring(file.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314 - made by us
    rows = []
    for row in root.iter(f"{_CELL}row"):
        found: list[str] = []
        for cell in row:
            kind = "text" if cell.get("t") == "inlineStr" else "number"
            found += [""] * (ord(str(cell.get("r"))[0]) - ord("A") - len(found))
            found.append(f"{kind}:{''.join(cell.itertext())}")
        rows.append(found)
    return rows


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "SHEET_ROWS", 3)
    for count, wanted in ((0, [0]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])):
        file = io.BytesIO()
        sheets.write_xlsx(file, ["n"], [[n] for n in range(count)])
        assert [len(cells(file.getvalue(), n)) - 1 for n in range(1, len(wanted) + 1)] == wanted
        numbers = [row[0] for n in range(len(wanted)) for row in cells(file.getvalue(), n + 1)[1:]]
        assert numbers == [f"number:{n}" for n in range(count)]


def test_a_minute_and_a_sum_without_kopecks_are_written_plainly() -> None:
    at = datetime(2026, 3, 5, 9, 7)  # noqa: DTZ001 - spreadsheets know no zones
    assert sheets.csv_cell(at) == "2026-03-05 09:07"
    assert sheets.csv_cell(Decimal("-1234.50"), decimal_comma=True) == "-1234,50"
    assert "".join(sheets.csv_lines(["a"], [], decimal_comma=True)) == "\ufeffa\r\n"
