"""The rules of an answer: `/r/CODE`, the beacon of the storefront script, health, metrics.

A click is stored before its answer leaves. When that is not possible, the visitor is sent on all the same,
without token and cookie, so that nothing claims a click that is not there. No address is ever redirected to but a
stored one, or another page of the same programme's shop.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from hmac import compare_digest

from molva.domain.click_id import derive_key, make_token, visitor_text
from molva.kit import clock
from molva.tracker import answers, beacon
from molva.tracker.bots import request_flags
from molva.tracker.database import LinkRow, MarkKey, MarkRow, Reader
from molva.tracker.facts import (
    VISITOR_COOKIE,
    agent_of,
    client_address,
    network_of,
    new_visitor,
    referrer_of,
    visitor_of,
)
from molva.tracker.ids import IdSource
from molva.tracker.limits import Collapse
from molva.tracker.links import Book, Found
from molva.tracker.protocol import Connection, Request
from molva.tracker.queue import ClickQueue, Passenger
from molva.tracker.settings import TrackerSettings
from molva.tracker.target import (
    NOTHING_ASKED,
    Asked,
    Target,
    folded_code,
    landing_of,
    page_target,
    passed_on,
    prepare_target,
    read_query,
)
from molva.tracking import clickfile
from molva.tracking.clickfile import FLAG_BEACON, FLAG_HEAD, FLAG_QR, Extras, RawClick

_CORS_LIFE = 600  # seconds
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Counters:
    """What has been answered since the start, besides the queue's own figures."""

    requests: int = 0
    unknown: int = 0  # no such link or mark
    foreign: int = 0  # beacons from pages that are not the programme's
    flagged: int = 0  # bots, prefetches, frames
    collapsed: int = 0  # above the limit a minute
    refused_pages: int = 0  # asked for a page that is not the programme's: led to the link's own
    unavailable: int = 0  # the main database was away and the link was not remembered


class Tracker:
    """Answers the requests of all connections; lives in the event loop's thread."""

    def __init__(
        self, settings: TrackerSettings, reader: Reader, queue: ClickQueue, executor: Executor
    ) -> None:
        self.connections: set[Connection] = set()
        self.connection_limit = settings.connection_limit
        self.now = 0.0
        self.counters = Counters()
        self.queue = queue
        self.links: Book[str, Target] = Book(
            lambda codes: _targets(reader.find_links(codes)), executor, settings.link_capacity
        )
        self.marks: Book[MarkKey, MarkRow] = Book(reader.find_marks, executor, 20_000)
        self.hosts: Book[str, bool] = Book(reader.find_hosts, executor, 2_000)
        self._ids = IdSource(clickfile.folder_of(settings.data_dir), settings.node)
        self._collapse = Collapse(settings.rate_per_minute)
        self._key = derive_key(settings.secret)
        self._cookie_tail = f"; Path=/; Max-Age={settings.cookie_days * 86400}; HttpOnly; SameSite=Lax" + (
            "; Secure" if settings.cookie_secure else ""
        )
        self.health: Callable[[], dict[str, object]] = dict
        self.metrics: Callable[[], bytes] = bytes
        self._metrics_token = settings.metrics_token

    def handle(self, connection: Connection, request: Request) -> None:
        """Answer a request, now or when its click is durable."""
        self.counters.requests += 1
        path, _, query = request.target.partition(b"?")
        if path.startswith(b"/r/"):
            if request.method in {b"GET", b"HEAD"}:
                self._redirect(connection, request, path[3:], query)
            else:
                connection.answer(answers.answer(405, b"", {"Allow": "GET, HEAD"}))
        elif path == b"/t/touch":
            self._beacon(connection, request)
        elif path == b"/healthz":
            health = self.health()
            connection.answer(answers.as_json(200 if health.get("status") == "ok" else 503, health))
        elif path == b"/metrics" and self._may_measure(request):
            connection.answer(answers.answer(200, self.metrics(), {"Content-Type": METRICS_TYPE}))
        else:
            self._unknown(connection, request)

    # The redirect.

    def _redirect(self, connection: Connection, request: Request, raw_code: bytes, query: bytes) -> None:
        code = folded_code(raw_code)
        if code is None:
            self._unknown(connection, request)
            return
        found = self.links.get(code)
        if found is None:
            self.links.find(code, lambda late: self._follow(connection, request, query, late))
        else:
            self._follow(connection, request, query, found)

    def _follow(self, connection: Connection, request: Request, query: bytes, found: Found[Target]) -> None:
        target = found.value
        if target is None:
            if found.is_known:
                self._unknown(connection, request)
            else:
                self.counters.unavailable += 1
                connection.answer(self._words(503, "busy", request))
            return
        passed, asked = "", NOTHING_ASKED
        if query:
            asked = read_query(query)
            if asked.page:
                target, asked = self._to_page(target, asked)
            passed = passed_on(asked.given, target.names)
        click = self._make_click(connection, request, target.link, target.partner, asked.extras)
        if click is None:
            connection.answer(answers.redirect(target.bare_address(passed), None))
            return
        if asked.is_qr:
            click = click._replace(flags=click.flags | FLAG_QR)
        token = make_token(click.id, click.visitor, self._key)
        cookie = f"{VISITOR_COOKIE}={visitor_text(click.visitor)}{self._cookie_tail}"
        self.queue.put(
            Passenger(
                click,
                connection.answer,
                answers.redirect(target.address(token, passed), cookie),
                lambda: answers.redirect(target.bare_address(passed), None),
            )
        )

    def _to_page(self, target: Target, asked: Asked) -> tuple[Target, Asked]:
        """The page that is asked for, if it is one of the programme's shop; else the link's own page."""
        found = page_target(target, asked.page)
        if found is None:
            self.counters.refused_pages += 1
            return target, asked
        return found, asked._replace(extras=(asked.extras or Extras())._replace(page=landing_of(found)))

    def _make_click(
        self, connection: Connection, request: Request, link: int, partner: int, extras: Extras | None
    ) -> RawClick | None:
        """The row of a followed link, or None when this sender has clicked too often in this minute."""
        now = clock.now_micros()
        ip = client_address(request, connection.peer)
        if self._collapse.is_above(network_of(ip), link, partner, now):
            self.counters.collapsed += 1
            return None
        agent = agent_of(request)
        flags = request_flags(request.headers, agent) | (FLAG_HEAD if request.method == b"HEAD" else 0)
        if flags & clickfile.NOT_A_TOUCH:
            self.counters.flagged += 1
        visitor, referrer = visitor_of(request) or new_visitor(), referrer_of(request)
        number = self._ids.next(now)
        return RawClick(number, link, partner, visitor, flags, ip, agent or None, referrer, extras)

    # The beacon.

    def _beacon(self, connection: Connection, request: Request) -> None:
        origin = request.headers.get(b"origin", b"")
        if request.method == b"OPTIONS":
            self._preflight(connection, origin)
            return
        if request.method != b"POST":
            connection.answer(answers.answer(405, b"", {"Allow": "POST, OPTIONS"}))
            return
        message = beacon.read_beacon(request.body, self._key)
        if message is None:
            connection.answer(answers.as_json(400, {"error": "not a message of the storefront script"}))
            return
        found = self.marks.get(message.key)
        if found is None:
            self.marks.find(message.key, lambda late: self._note(connection, request, message, late))
        else:
            self._note(connection, request, message, found)

    def _note(
        self, connection: Connection, request: Request, message: beacon.Beacon, found: Found[MarkRow]
    ) -> None:
        """Answer a message whose mark has been looked up."""
        origin = request.headers.get(b"origin", b"")
        mark = found.value
        if not found.is_known:
            self.counters.unavailable += 1
            connection.answer(answers.as_json(503, {"error": "try again"}, {"Retry-After": "5"}))
        elif mark is None:
            self.counters.unknown += 1
            connection.answer(answers.as_json(404, {"error": "unknown programme"}))
        elif not beacon.is_own_page(origin, message.url, mark.hosts):
            self.counters.foreign += 1
            connection.answer(answers.as_json(403, {"error": "not a page of this programme"}))
        elif not mark.partner:
            self.counters.unknown += 1
            connection.answer(answers.as_json(404, {"error": "unknown mark"}, _cors(origin)))
        else:
            self._store_beacon(connection, request, message, mark)

    def _store_beacon(
        self, connection: Connection, request: Request, message: beacon.Beacon, mark: MarkRow
    ) -> None:
        cors = _cors(request.headers.get(b"origin", b""))
        extras = read_query(beacon.query_of(message.url)).extras
        extras = (extras or Extras())._replace(page=beacon.page_of(message.url))
        request.headers.pop(b"sec-fetch-dest", None)  # it speaks of the script's request, not of the page
        click = self._make_click(connection, request, mark.link, mark.partner, extras)
        visitor = message.visitor
        if click is None:
            known = visitor_text(visitor) if visitor else None
            connection.answer(answers.as_json(200, {"visitor": known, "click": None, "token": None}, cors))
            return
        # The cookie of the tracker's own host is a third party's here: only what the page says counts.
        click = click._replace(
            flags=click.flags | FLAG_BEACON, visitor=visitor or new_visitor(), referrer=message.referrer
        )
        token = make_token(click.id, click.visitor, self._key)
        stored = {"visitor": visitor_text(click.visitor), "click": str(click.id), "token": token}
        nothing = {"visitor": None, "click": None, "token": None}
        self.queue.put(
            Passenger(
                click,
                connection.answer,
                answers.as_json(200, stored, cors),
                lambda: answers.as_json(200, nothing, cors),
            )
        )

    def _preflight(self, connection: Connection, origin: bytes) -> None:
        names = beacon.names_of(origin.decode("latin-1"))
        allowed = {**_cors(origin), "Access-Control-Max-Age": str(_CORS_LIFE)}

        def ask(place: int) -> None:
            if place == len(names):
                connection.answer(answers.answer(403, b"", {}))
            else:
                self.hosts.find(names[place], lambda found: tell(place, found))

        def tell(place: int, found: Found[bool]) -> None:
            if found.value:
                connection.answer(answers.answer(204, b"", allowed))
            else:
                ask(place + 1)

        ask(0)

    # Everything else.

    def _may_measure(self, request: Request) -> bool:
        """Only who knows the token that was set; without one nobody, for this port may be a public host's."""
        said = request.headers.get(b"authorization", b"")
        return bool(self._metrics_token) and compare_digest(said, b"Bearer " + self._metrics_token)

    def _unknown(self, connection: Connection, request: Request) -> None:
        self.counters.unknown += 1
        connection.answer(self._words(404, "unknown", request))

    @staticmethod
    def _words(status: int, text: str, request: Request) -> bytes:
        language = request.headers.get(b"accept-language", b"")
        return answers.page(status, text, language, with_body=request.method != b"HEAD")


def _targets(rows: dict[str, LinkRow]) -> dict[str, Target]:
    prepared = ((code, prepare_target(*row)) for code, row in rows.items())
    return {code: target for code, target in prepared if target is not None}


def _cors(origin: bytes) -> dict[str, str]:
    """Headers that let the page read the answer; only for an origin that has been checked."""
    if not origin:
        return {}
    return {
        "Access-Control-Allow-Origin": origin.decode("latin-1"),
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Vary": "Origin",
    }
