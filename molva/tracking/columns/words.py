"""Words made of what a click carries: device, host of the referrer, UTM, country. Pure but for the geographic file."""

import ipaddress
import logging
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from molva.tracking.columns.keys import UTM

logger = logging.getLogger(__name__)

PHONE, TABLET, COMPUTER, OTHER = "phone", "tablet", "computer", "other"
# Systems as ua-parser names them; what stands in neither is told by its words alone.
_COMPUTERS = frozenset({
    "Arch Linux", "CentOS", "Chrome OS", "Debian", "Fedora", "FreeBSD", "Gentoo", "Linux", "Linux Mint", "Mac OS",
    "Mac OS X", "Mandriva", "NetBSD", "OpenBSD", "Red Hat", "Slackware", "Solaris", "SUSE", "Ubuntu", "Windows",
})  # fmt: skip
_PHONES = frozenset({
    "Bada", "BlackBerry OS", "BREW", "Firefox OS", "KaiOS", "MeeGo", "Symbian OS", "Symbian^3", "Symbian^3 Anna",
    "Symbian^3 Belle", "Windows Phone",
})  # fmt: skip
_NEITHER = frozenset(
    {"ATV OS X", "Chromecast", "Fire OS TV", "Roku", "tvOS", "watchOS", "WatchOS", "Web0S", "webOS"}
)
_SCREENS = ("TV", "BRAVIA", "AFT", "Watch", "Glass", "Car")  # of Android that is neither phone nor tablet
_BOARDS = ("CrOS", "X11", "Windows NT")
# No page of this length is anybody's host; a stranger's text is not taken apart for longer than that.
_HOST_LIMIT = 253

NoCountries = Literal["", "unset", "no_reader", "missing", "broken"]


@lru_cache(maxsize=50_000)
def device_of(agent: str | None) -> str:
    """phone, tablet, computer or other, by the user agent; empty when there is none.

    ua-parser knows the system. What it runs on is told by the words that browsers agree on: Android says «Mobile» on
    phones and leaves it out on tablets. An iPad that asks for desktop pages calls itself a Macintosh, and is one here.
    """
    if not agent:
        return ""
    system = _system_of(agent)
    if system == "iOS":
        return TABLET if "iPad" in agent else PHONE
    if system in _NEITHER or (system == "Tizen" and "Mobile" not in agent):
        return OTHER
    if system in _PHONES:
        return TABLET if "Tablet" in agent else PHONE
    if system == "Android":
        return _android(agent)
    if system in _COMPUTERS:
        return COMPUTER
    return _by_words(agent)


def _android(agent: str) -> str:
    if "Mobile" in agent:
        return PHONE
    model = agent.partition(")")[0]
    return OTHER if any(word in model for word in _SCREENS) else TABLET


def _by_words(agent: str) -> str:
    if "Tablet" in agent or "iPad" in agent:
        return TABLET
    if "Mobi" in agent or "Phone" in agent:
        return PHONE
    return COMPUTER if any(word in agent for word in _BOARDS) else OTHER


def _system_of(agent: str) -> str:
    # half a second to import and compile: only who asks for devices pays it
    from ua_parser import parse_os  # noqa: PLC0415

    found = parse_os(agent)
    return found.family if found else ""


@lru_cache(maxsize=100_000)
def host_of(referrer: str | None) -> str:
    """The host of a page's address in lower case, without «www.»; empty when there is none."""
    try:
        host = urlsplit(referrer or "").hostname or ""
    except ValueError:
        return ""
    host = host.rstrip(".").removeprefix("www.")
    return host if len(host) <= _HOST_LIMIT else ""


@lru_cache(maxsize=100_000)
def utm_of(stored: str | None) -> tuple[str, ...]:
    """The five UTM words of a stored query string, in the order of `keys.UTM`; what is not given is empty."""
    if not stored:
        return ("",) * len(UTM)
    found: dict[str, str] = {}
    for name, value in parse_qsl(stored):
        found.setdefault(name, value)
    return tuple(found.get(name, "") for name in UTM)


class Countries:
    """Countries of addresses by a file in MaxMind's format (GeoLite2, DB-IP, IPinfo); opened at the first question.

    `why_not` tells why every answer is empty: no file is set, the extra `geo` is not installed, the file is missing or
    is not such a file. It is empty when countries are known.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._reader: Any = None
        self._why: NoCountries | None = None
        self.country_of = lru_cache(maxsize=100_000)(self._country_of)

    @property
    def why_not(self) -> NoCountries:
        """Why no country is known."""
        with self._lock:
            if self._why is None:
                self._why = self._open()
            return self._why

    def _country_of(self, ip: bytes | None) -> str:
        """Two letters of ISO 3166 in upper case, or empty: no address, a private one, none in the file."""
        if not ip or self.why_not:
            return ""
        try:
            record = self._reader.get(ipaddress.ip_address(ip))
        except (
            ValueError,
            KeyError,
        ):  # not 4 or 16 bytes, an IPv6 address in a file of IPv4, a damaged record
            return ""
        return _country_in(record)

    def _open(self) -> NoCountries:
        if not self._path:
            return "unset"
        if not Path(self._path).is_file():
            return "missing"
        try:
            import maxminddb  # noqa: PLC0415 - the extra «geo»
        except ImportError:
            return "no_reader"
        try:
            self._reader = maxminddb.open_database(self._path)
        except (maxminddb.InvalidDatabaseError, OSError) as problem:
            logger.warning("MOLVA_GEO_FILE cannot be read: %s", problem)
            return "broken"
        return ""


def _country_in(record: Any) -> str:
    """The country of a record: nested as MaxMind and DB-IP write it, or flat as others do."""
    if not isinstance(record, dict):
        return ""
    for name in ("country", "registered_country", "country_code"):
        value = record.get(name)
        if isinstance(value, dict):
            value = value.get("iso_code")
        if isinstance(value, str) and len(value) == 2 and value.isalpha():
            return value.upper()
    return ""


@lru_cache(maxsize=4)
def open_countries(path: str, changed_at: int) -> Countries:
    """One reader a file and its state: a new file put in its place is read without a restart."""
    return Countries(path)


def countries(path: str) -> Countries:
    """The countries by the operator's file as it is now."""
    try:
        changed_at = Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        changed_at = 0
    return open_countries(path, changed_at)
