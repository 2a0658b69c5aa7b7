"""The fake shop over HTTP/1.1: the WSGI application and a small threaded server for it."""

import io
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from molva.demo.shop import assets, backoffice, control
from molva.demo.shop.admin import door
from molva.demo.shop.shop import Shop
from molva.demo.shop.storefront import site
from molva.demo.shop.web import BadRequest, Environ, Request, Response

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Application:
    """WSGI application of one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        response = self._answer(environ)
        status = HTTPStatus(response.status)
        headers = [*response.headers, ("Content-Length", str(len(response.body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body]

    def _answer(self, environ: Environ) -> Response:
        try:
            request = Request(environ)
        except BadRequest:
            return Response("400", 400)
        path = request.path
        is_page = path.startswith("/admin/application_charges/") and not path.endswith(".json")
        if is_page or path.startswith("/admin/applications/"):
            return backoffice.handle(self.shop, request)
        if path.startswith("/admin/"):
            return door.handle(self.shop, request)
        if path.startswith("/_control/"):
            return control.handle(self.shop, request)
        found = assets.serve(path)
        if found is not None:
            return found
        if path == "/admin2" or path.startswith("/admin2/"):
            return backoffice.handle(self.shop, request)
        return site.handle(self.shop, request)


class _Handler(BaseHTTPRequestHandler):
    """One connection; keeps it open between requests."""

    protocol_version = "HTTP/1.1"
    # Head and body leave together: apart, the second would wait 40 ms for the client's late acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "ShopServer"

    def _run(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        environ: Environ = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
            "RAW_URI": self.path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.input": io.BytesIO(self.rfile.read(length)),
        }
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        body = b"".join(self.server.application(environ, self._start))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _run

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.send_response(int(status.split(" ", 1)[0]))
        for name, value in headers:
            self.send_header(name, value)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: the back office shows what matters."""


class ShopServer(ThreadingHTTPServer):
    """A thread for each connection; threads end with the process."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)
        self.application: Callable[[Environ, StartResponse], Iterable[bytes]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is nothing to tell about; a defect of the shop is."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)
