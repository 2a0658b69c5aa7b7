"""The admin API's door: Basic auth, the call limit, the Content-Type rule, faults, errors like the real ones."""

import base64
import binascii
import random
import time
from collections.abc import Callable

from molva.demo.shop.admin import (
    account,
    applications,
    charges,
    clients,
    codes,
    collections,
    discounts,
    fields,
    order_changes,
    orders,
    products,
    statuses,
    themes,
)
from molva.demo.shop.applications import is_password
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.web import BadRequest, Request, Response, json_response

TABLES = tuple(
    module.routes
    for module in (
        account,
        applications,
        charges,
        clients,
        codes,
        collections,
        discounts,
        fields,
        order_changes,
        orders,
        products,
        statuses,
        themes,
    )
)
NOT_FOUND_PAGE = (
    "<!DOCTYPE html><html><head><title>404</title></head><body><h1>Страница не найдена</h1></body></html>"
)
FAULT_PAGE = "<!DOCTYPE html><html><body><h1>Ведутся технические работы</h1></body></html>"
WRONG_TYPE = {"message": "incorrect Content-Type, should be application/json"}


def handle(shop: Shop, request: Request) -> Response:
    """Answer one call under /admin/."""
    login = _login(shop, request)
    if login is None:
        response = Response("HTTP Basic: Access denied.\n", 401)
        response.headers.append(("WWW-Authenticate", 'Basic realm="Application"'))
        return response
    calls, wait = shop.count_call(login)
    response = (
        _too_many(shop, wait) if wait else _faulty(shop, request, lambda: _answer(shop, request, login))
    )
    response.headers.append(("API-Usage-Limit", f"{calls}/{shop.faults.limit_calls}"))
    return response


def _login(shop: Shop, request: Request) -> str | None:
    kind, _, token = request.header("Authorization").partition(" ")
    try:
        login, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return login if kind.lower() == "basic" and is_password(shop, login, password) else None


def _too_many(shop: Shop, wait: int) -> Response:
    response = Response("", shop.faults.limit_answer)
    if shop.faults.limit_retry_after:
        response.headers.append(("Retry-After", str(wait)))
    return response


def _faulty(shop: Shop, request: Request, answer: Callable[[], Response]) -> Response:
    """The answer, or the fault that is ordered instead of it."""
    faults = shop.faults
    kind = faults.api_answer
    hit = random.random() * 100 < faults.api_percent  # noqa: S311 - a dice, not a secret
    if not kind or not hit or faults.api_left == 0 or faults.api_path not in request.path:
        return answer()
    if faults.api_left > 0:
        faults.api_left -= 1
    if kind == "slow":
        time.sleep(faults.api_slow_seconds)
        return answer()
    if kind == "wrong_json":
        right = answer()
        right.body = right.body[: len(right.body) // 2]
        return right
    response = Response(FAULT_PAGE, 200 if kind == "html" else int(kind))
    if kind in {"503", "429"} and faults.api_retry_after:
        response.headers.append(("Retry-After", str(faults.api_retry_after)))
    return response


def _answer(shop: Shop, request: Request, login: str) -> Response:
    if request.method in {"POST", "PUT", "PATCH", "DELETE"} and request.content_type != "application/json":
        return json_response(WRONG_TYPE, 422)
    if shop.faults.theme_locked and request.method != "GET" and request.path.startswith("/admin/themes/"):
        return json_response({"message": "no right for this operation"}, 403)
    found = next(filter(None, (routes.find(request.method, request.path) for routes in TABLES)), None)
    if found is None:
        return Response(NOT_FOUND_PAGE, 404)
    handler, parts = found
    try:
        with shop.store.lock:
            return handler(shop, request, login, **parts)
    except Refused as error:
        return json_response(error.errors, 422)
    except LookupError:
        return Response(NOT_FOUND_PAGE, 404)
    except BadRequest:
        return json_response({"message": "bad request"}, 400)
