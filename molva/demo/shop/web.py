"""The little web toolkit of the fake shop: requests, answers, routes and safe HTML, over plain WSGI."""

import json
import re
from collections.abc import Callable
from email.parser import BytesParser
from email.policy import HTTP
from html import escape
from itertools import cycle
from typing import Any
from urllib.parse import parse_qsl

Environ = dict[str, Any]
MAX_BODY = 2_000_000


class Markup(str):
    """Text that is HTML already."""


def html(template: str, /, **values: object) -> Markup:
    """Fill `{name}` places of an HTML template.

    Values are escaped unless they are Markup; lists are joined, None is empty.
    """
    return Markup(template.format(**{name: safe(value) for name, value in values.items()}))


def safe(value: object) -> Markup:
    """HTML of any value."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return Markup("")
    if isinstance(value, (list, tuple)):
        return Markup("".join(safe(item) for item in value))
    return Markup(escape(str(value)))


class BadRequest(Exception):
    """The body or a parameter cannot be read: 400."""


class Request:
    """One request; names of form and query parameters may repeat, the last wins in `form` and `query`."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace") or "/"
        self.query_string: str = environ.get("QUERY_STRING", "")
        self.query = dict(parse_qsl(self.query_string, keep_blank_values=True))
        self.body = self._read()
        self.form = self._form()
        method = environ.get("REQUEST_METHOD", "GET").upper()
        self.method = self.form.get("_method", method).upper() if method == "POST" else method
        self.cookies = _cookies(environ.get("HTTP_COOKIE", ""))

    def _read(self) -> bytes:
        try:
            length = int(self.environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > MAX_BODY:
            raise BadRequest
        return self.environ["wsgi.input"].read(length) if length > 0 else b""

    @property
    def content_type(self) -> str:
        """Media type of the body without parameters, lower case."""
        return str(self.environ.get("CONTENT_TYPE", "")).split(";")[0].strip().lower()

    def header(self, name: str) -> str:
        """A request header by its usual name, or an empty text."""
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    def _form(self) -> dict[str, str]:
        if self.content_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        if self.content_type == "multipart/form-data":
            return self._multipart()
        return {}

    def _multipart(self) -> dict[str, str]:
        head = f"Content-Type: {self.environ['CONTENT_TYPE']}\r\n\r\n".encode()
        fields = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + self.body).iter_parts():
            name = part.get_param("name", header="content-disposition")
            if name:
                fields[str(name)] = bytes(part.get_payload(decode=True)).decode("utf-8", "replace")
        return fields

    def json(self) -> Any:
        """The JSON body; an empty body is an empty object. Raises BadRequest."""
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise BadRequest from error

    def number(self, name: str, default: int) -> int:
        """A query parameter as a whole number. Raises BadRequest."""
        try:
            return int(self.query.get(name) or default)
        except ValueError as error:
            raise BadRequest from error


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in pairs if name}


class Response:
    """An answer, ready to be sent."""

    def __init__(
        self, body: str | bytes = b"", status: int = 200, kind: str = "text/html; charset=utf-8"
    ) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = [("Content-Type", kind)]

    def set_cookie(self, name: str, value: str, *, days: int | None = None) -> None:
        """A first-party cookie readable by the page's scripts, as the real storefront's are."""
        age = "" if days is None else f"; Max-Age={days * 86400}"
        self.headers.append(("Set-Cookie", f"{name}={value}; Path=/; SameSite=Lax{age}"))


def json_response(value: object, status: int = 200) -> Response:
    """An unwrapped JSON body."""
    return Response(json.dumps(value, ensure_ascii=False), status, "application/json; charset=utf-8")


def redirect(address: str) -> Response:
    """Go and GET another page."""
    response = Response(b"", 303)
    response.headers.append(("Location", address))
    return response


Handler = Callable[..., Response]


class Routes:
    """Paths to functions: `<name>` stands for one segment. The first match in the order of addition wins."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, methods: str, *patterns: str) -> Callable[[Handler], Handler]:
        """Decorator: `methods` is one or several words, such as «GET» or «PUT PATCH»."""

        def remember(handler: Handler) -> Handler:
            for pattern in patterns:
                parts = re.split(r"<(\w+)>", pattern)
                text = "".join(
                    f"(?P<{part}>[^/]+?)" if odd else re.escape(part)
                    for part, odd in zip(parts, cycle((False, True)), strict=False)
                )
                for method in methods.split():
                    self._routes.append((method, re.compile(text), handler))
            return handler

        return remember

    def patterns(self) -> list[str]:
        """What paths look like, as regular expressions."""
        return [pattern.pattern for _, pattern, _ in self._routes]

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """The function for a request and the segments of its path."""
        wanted = "GET" if method == "HEAD" else method
        for known, pattern, handler in self._routes:
            match = pattern.fullmatch(path) if known == wanted else None
            if match:
                return handler, match.groupdict()
        return None
