"""The bytes of every answer. What a person may see here is plain words: no script, no style, no link."""

import json
from collections.abc import Mapping

_REASONS = {
    200: "OK",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
# The shop needs the referrer of its visitors, so it is not withheld.
_COMMON = (
    "Cache-Control: no-store\r\n"
    "Referrer-Policy: no-referrer-when-downgrade\r\n"
    "X-Robots-Tag: noindex\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
)
_REDIRECT = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{_COMMON}"
_date = ""  # the line of the Date header; renewed by the process, since making it costs as much as an answer

_TEXTS = {
    "unknown": {
        "ru": (
            "Ссылка не работает",
            "Такой ссылки нет, или её отключили. Проверьте адрес или спросите того, кто её прислал.",
        ),
        "en": (
            "This link does not work",
            "There is no such link, or it has been switched off. Check the address or ask whoever sent it.",
        ),
    },
    "busy": {
        "ru": (
            "Попробуйте ещё раз",
            "Прямо сейчас мы не можем открыть эту ссылку. Обновите страницу через минуту.",
        ),
        "en": ("Please try again", "We cannot open this link right now. Reload the page in a minute."),
    },
}


def set_date(text: str) -> None:
    """The moment that the next answers tell, in the form of HTTP."""
    global _date
    _date = f"Date: {text}\r\n"


def redirect(location: str, cookie: str | None) -> bytes:
    """302 to an address; the cookie only when the click is durable."""
    if cookie:
        return f"{_REDIRECT}{_date}Set-Cookie: {cookie}\r\nLocation: {location}\r\n\r\n".encode("latin-1")
    return f"{_REDIRECT}{_date}Location: {location}\r\n\r\n".encode("latin-1")


def page(status: int, text: str, language_header: bytes, *, with_body: bool = True) -> bytes:
    """A short page of words, in Russian or English by Accept-Language."""
    language = preferred_language(language_header)
    title, words = _TEXTS[text][language]
    body = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{words}</p></body></html>\n"
    ).encode()
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Language": language}
    if status == 503:
        headers["Retry-After"] = "5"
    return answer(status, body, headers, with_body=with_body)


def as_json(status: int, data: Mapping[str, object], headers: Mapping[str, str] | None = None) -> bytes:
    """A JSON answer."""
    body = json.dumps(data, separators=(",", ":")).encode()
    return answer(status, body, {"Content-Type": "application/json", **(headers or {})})


def answer(status: int, body: bytes, headers: Mapping[str, str], *, with_body: bool = True) -> bytes:
    """A whole answer; without body for HEAD, whose headers still tell its length."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Length: {len(body)}\r\n{_date}{_COMMON}{lines}\r\n"
    )
    return head.encode("latin-1") + (body if with_body else b"")


def preferred_language(header: bytes) -> str:
    """«ru» or «en»: whichever Accept-Language weighs more; English when it names neither."""
    best, best_weight = "en", 0.0
    for item in header.decode("latin-1").lower().split(","):
        name, _, weight = item.strip().partition(";q=")
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if name[:2] in {"ru", "en"} and value > best_weight:
            best, best_weight = name[:2], value
    return best
