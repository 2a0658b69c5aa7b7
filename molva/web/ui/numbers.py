"""Numbers as people type them: with a comma or a point, whatever the language of the page."""

import re
from typing import Any

from django import forms

# «150,5» and «150,50» can only mean a fraction; «1,500» may be fifteen hundred, so the language decides about it.
_COMMA_FRACTION = re.compile(r"\s*-?[\d\s\u00a0\u202f]*\d,\d{1,2}\s*")


class DecimalField(forms.DecimalField):
    """A sum or a rate in a text field with a number keyboard."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(localize=True, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and _COMMA_FRACTION.fullmatch(value):
            value = "".join(value.split()).replace(",", ".")
        return super().to_python(value)
