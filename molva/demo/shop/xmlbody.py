"""Bodies as XML, the older form: dashes in names, types as attributes."""

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

SINGULAR = {
    "discount-products-ids": "discount-products-id",
    "discount-order-lines-ids": "discount-order-lines-id",
}


def to_xml(root: str, value: Any) -> bytes:
    """A whole document around a value."""
    element = Element(root)
    _fill(element, value)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(element, encoding="utf-8")


def _fill(element: Element, value: Any) -> None:
    if value is None:
        element.set("nil", "true")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _fill(SubElement(element, str(name).replace("_", "-")), inner)
    elif isinstance(value, list):
        element.set("type", "array")
        name = SINGULAR.get(element.tag) or element.tag.removesuffix("s")
        for inner in value:
            _fill(SubElement(element, name), inner)
    else:
        _plain(element, value)


def _plain(element: Element, value: float | str) -> None:
    if isinstance(value, bool):
        element.set("type", "boolean")
        element.text = str(value).lower()
    elif isinstance(value, (int, float)):
        element.set("type", "integer" if isinstance(value, int) else "decimal")
        element.text = str(value)
    elif element.tag.endswith("-at"):
        element.set("type", "datetime")
        element.text = datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S %z")
    else:
        element.text = value
