"""Long reports: which rows there are is known first, what they say is read a page at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

Row = TypeVar("Row")
_PIECE = 1000  # rows that are put together at a time


class KeyedRows(Sequence[Row], Generic[Row]):
    """Rows of known keys that are read when they are asked for: a page of them, or all in turn.

    `is_cut`: there are more than these.
    """

    def __init__(
        self, keys: Sequence[Any], read: Callable[[Sequence[Any]], list[Row]], *, is_cut: bool = False
    ) -> None:
        self._keys, self._read, self.is_cut = keys, read, is_cut

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return self._read(self._keys[place])
        return self._read([self._keys[place]])[0]

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self._keys), _PIECE):
            yield from self._read(self._keys[start : start + _PIECE])
