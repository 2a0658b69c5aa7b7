"""`/healthz`: this process is alive. `/readyz`: whatever a click and an order need is working, part by part.

Answered in front of Django, so that a probe needs no right Host. Nothing in the answer is secret: words and
ages.
"""

import http.client
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.urls import get_resolver

from molva.config.processes import reachable
from molva.config.setup import is_schema_current
from molva.jobs.models import ScheduleTick
from molva.jobs.queries import last_beat, oldest_ready_seconds
from molva.kit import clock

BEAT_LIMIT_SECONDS = 30.0
QUEUE_LIMIT_SECONDS = 300.0
REMEMBER_SECONDS = 1.0  # a stranger who asks often must not make the database write as often
TRACKER_TIMEOUT_SECONDS = 2.0

logger = logging.getLogger(__name__)

Parts = dict[str, dict[str, Any]]

_lock = threading.Lock()
_known: dict[str, Any] = {"until": 0.0, "parts": {}, "schema": False}


def alive() -> Parts:
    """The process answers: that is all."""
    return {"process": {"ok": True}}


def ready() -> Parts:
    """The state of each part, at most a second old."""
    with _lock:
        if time.monotonic() > _known["until"]:
            try:
                _known["parts"] = {"pages": check_pages(), **_database_parts(), "tracker": _check_tracker()}
            finally:
                close_old_connections()
            _known["until"] = time.monotonic() + REMEMBER_SECONDS
        parts: Parts = _known["parts"]
        return parts


def respond(parts: Parts, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """200 when every part is well, otherwise 503; the parts as JSON."""
    is_ok = all(part["ok"] for part in parts.values())
    body = json.dumps({"ok": is_ok, **parts}).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response("200 OK" if is_ok else "503 Service Unavailable", headers)
    return [body]


def check_pages() -> dict[str, Any]:
    """Load every view, once; a broken installation is logged and told of."""
    try:
        return {"ok": bool(get_resolver().url_patterns)}
    except Exception as error:  # whatever a broken installation may raise
        logger.exception("pages cannot be shown")
        return {"ok": False, "problem": type(error).__name__}


def _database_parts() -> Parts:
    parts: Parts = {}
    for name, check in (
        ("database", _check_database),
        ("schema", _check_schema),
        ("worker", _check_worker),
        ("queue", _check_queue),
    ):
        try:
            parts[name] = check()
        except DatabaseError as error:
            parts[name] = {"ok": False, "problem": type(error).__name__}
    return parts


def _check_database() -> dict[str, Any]:
    started = time.monotonic()
    ScheduleTick.objects.update_or_create(name="readyz", defaults={"tick": int(clock.now().timestamp())})
    return {"ok": True, "write_ms": round((time.monotonic() - started) * 1000, 1)}


def _check_schema() -> dict[str, Any]:
    # Looking takes a tenth of a second, and a schema does not become older again.
    _known["schema"] = _known["schema"] or is_schema_current()
    return {"ok": _known["schema"]}


def _check_worker() -> dict[str, Any]:
    seen = last_beat()
    if seen is None:
        return {"ok": False, "problem": "no worker has been seen"}
    age = (clock.now() - seen).total_seconds()
    return {"ok": age <= BEAT_LIMIT_SECONDS, "seen_seconds_ago": round(age, 1)}


def _check_queue() -> dict[str, Any]:
    age = oldest_ready_seconds()
    return {"ok": age <= QUEUE_LIMIT_SECONDS, "oldest_seconds": round(age, 1)}


def _check_tracker() -> dict[str, Any]:
    host, port = reachable(settings.MOLVA_TRACKER_BIND)
    connection = http.client.HTTPConnection(host, port, timeout=TRACKER_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return {"ok": connection.getresponse().status == 200}
    except (OSError, http.client.HTTPException) as error:
        return {"ok": False, "problem": type(error).__name__}
    finally:
        connection.close()
