"""Filters of a list as chips: their state lives in the address, so a view can be kept, sent and gone back to."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Choice:
    """One value of a filter and the address that chooses it."""

    value: str
    label: str
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Filter:
    """A chip: closed it names itself or its chosen value; open it lists the choices."""

    label: str
    choices: Sequence[Choice]
    clear_url: str

    @property
    def chosen(self) -> Choice | None:
        """The value in force, if any."""
        return next((choice for choice in self.choices if choice.is_chosen), None)


def address(request: HttpRequest, **changes: str | None) -> str:
    """The present address with other parameters; None drops one, the page number always goes."""
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def read_filter(request: HttpRequest, param: str, label: str, values: Sequence[tuple[str, str]]) -> Filter:
    """A chip for `?param=value`; `values` are (value, label) pairs. Unknown values choose nothing."""
    present = request.GET.get(param, "")
    choices = [
        Choice(value, text, address(request, **{param: value}), value == present) for value, text in values
    ]
    return Filter(label, choices, address(request, **{param: None}))


def search_word(request: HttpRequest, param: str = "q") -> str:
    """What was typed into the search chip, without blanks around."""
    return request.GET.get(param, "").strip()
