"""What the frames of the office and the cabinet show around a page: menus, names, the reader.

A face builds one shell per request and passes it as `shell`; pages then only fill the blocks of their frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NavItem:
    """One word of a menu. `key` marks the current one; `short` is its word in the phone's bottom bar."""

    key: str
    label: str
    icon: str
    url: str
    count: int = 0
    short: str = ""
    is_new: bool = False

    @property
    def bar_label(self) -> str:
        """The word under the icon on a phone."""
        return self.short or self.label


@dataclass(frozen=True)
class NavGroup:
    """A titled group of the office menu; the first group has no title."""

    title: str
    items: Sequence[NavItem]


@dataclass(frozen=True)
class Place:
    """A company or programme the reader may switch to."""

    name: str
    note: str
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class Reader:
    """The person who reads the page."""

    name: str
    email: str
    profile_url: str = ""
    logout_url: str = ""


@dataclass(frozen=True)
class OfficeShell:
    """The merchant's frame. `bar` holds four items for a phone; the fifth word, More, opens the whole menu."""

    workspace: str
    programme: str
    reader: Reader
    groups: Sequence[NavGroup]
    foot: Sequence[NavItem]
    bar: Sequence[NavItem]
    current: str
    home_url: str
    search_url: str
    shop_status: str = ""  # a key of statuses.STATUSES
    shop_text: str = ""
    shop_url: str = ""
    logo_url: str = ""
    places: Sequence[Place] = field(default_factory=tuple)
    news_url: str = ""
    has_news: bool = False


@dataclass(frozen=True)
class CabinetShell:
    """The partner's frame: the merchant's logo leads, Molva signs at the bottom unless the merchant hides it."""

    merchant: str
    programme: str
    reader: Reader
    items: Sequence[NavItem]
    bar: Sequence[NavItem]
    current: str
    home_url: str
    logo_url: str = ""
    accent_url: str = ""
    write_url: str = ""
    news_url: str = ""
    has_news: bool = False
    is_signed: bool = True
    places: Sequence[Place] = field(default_factory=tuple)


@dataclass(frozen=True)
class Tab:
    """A view of a list, with its count; `is_cut`: there are more than were counted."""

    label: str
    url: str
    count: int | None = None
    is_current: bool = False
    is_cut: bool = False
