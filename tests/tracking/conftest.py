"""A small web site that answers as a test tells it to, and clicks by links of content."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from molva.domain.click_id import make_click_id, make_token, read_token
from molva.kit.clock import to_micros
from molva.tracking.keys import token_key
from molva.tracking.models import Link, Touch
from tests.commissions.conftest import START, Shop, make_shop, shop  # noqa: F401 (fixtures)


@dataclass
class Site:
    """Pages by path: a status, or an address to lead to; «HEAD /x» may answer otherwise than «GET /x»."""

    url: str
    host: str
    pages: dict[str, int | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    """The site on a port of this machine, which the guarded client may reach."""
    made: list[Site] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            place = made[0]
            place.asked.append(f"{self.command} {self.path}")
            wish = place.pages.get(f"{self.command} {self.path}", place.pages.get(self.path, 404))
            self.send_response(wish if isinstance(wish, int) else 302)
            if isinstance(wish, str):
                self.send_header("Location", wish)
            self.send_header("Content-Length", "1000000")  # nobody reads so much
            self.end_headers()

        do_GET = do_HEAD = answer  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = f"127.0.0.1:{server.server_port}"
    made.append(Site(f"http://{host}", host))
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = [host]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made[0]
    server.shutdown()
    server.server_close()


@pytest.fixture
def click(shop: Shop) -> Callable[..., str]:  # noqa: F811 (the fixture above)
    """A stored click by a link; gives the token that an order then carries."""

    def make(link: Link, *, day: float, who: int) -> str:
        number = make_click_id(to_micros(START + timedelta(days=day)), who)
        token = make_token(number, who.to_bytes(8, "big"), token_key())
        found = read_token(token, token_key())
        assert found is not None
        Touch.objects.create(
            pk=number, programme=shop.programme, partner=link.partner, link=link, visitor=found.visitor
        )
        return token

    return make
