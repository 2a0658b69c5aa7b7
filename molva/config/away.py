"""The tracker does not answer: visitors of partner links are sent on all the same, by the web process.

Such a visit carries no click id and no cookie, as it is stored nowhere; the log tells how many there were. The
address still has the partner's mark in it, and the storefront script tells the click as soon as the tracker is back.
"""

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from molva.tracker.target import Site, folded_code, lead_on, prepare_target
from molva.tracking.models import Link

logger = logging.getLogger(__name__)
TELL_SECONDS = 10.0

_lock = threading.Lock()
_state = {"uncounted": 0.0, "tell_at": 0.0}


def address_for(path: str, query: str) -> str | None:
    """Where `/r/CODE` leads; None when it is no such path, there is no such link, or the database is away too.

    `path` is percent-encoded, as the visitor's browser sent it.
    """
    code = folded_code(path.removeprefix("/r/").encode()) if path.startswith("/r/") else None
    if code is None:
        return None
    try:
        link = Link.unscoped.filter(code_folded=code, is_active=True).select_related("programme").first()
    except DatabaseError:
        return None
    finally:
        if not connection.in_atomic_block:
            close_old_connections()
    if link is None:
        return None
    programme = link.programme
    site = Site(tuple(host.lower() for host in programme.shop_hosts), programme.mark_param)
    target = prepare_target(link.pk, link.partner_id, link.target_url, site)
    if target is None:
        return None
    _count()
    return lead_on(target, query.encode())


def _count() -> None:
    with _lock:
        _state["uncounted"] += 1
        now = time.monotonic()
        if now >= _state["tell_at"]:
            _state["tell_at"] = now + TELL_SECONDS
            logger.error("the tracker does not answer; sent on uncounted so far: %d", _state["uncounted"])
