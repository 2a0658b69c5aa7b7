"""How often a shop may be called, counted over all processes, and when it must be left alone.

A shop gives a key 500 calls in 5 minutes, counted from the first one. Every call is written down before it is made, by
a conditional UPDATE, so that two processes never take the last one twice. A part of the window is kept for people, a
larger part is kept from work that has time. A shop that asks to wait (503, 429) is left alone by everybody until then;
one that fails again and again is tried by one call at a time, with growing pauses; a refused key is tried once an hour.
"""

import hashlib
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from molva.integrations.base import PlugError
from molva.integrations.models import ApiWindow
from molva.kit import clock

# Two seconds longer than the shop's: its window begins when the first call arrives, ours when it leaves.
WINDOW = timedelta(seconds=302)
UNSURE_CALLS = 25  # calls on their way when the shop told its count
FAILURES_ALLOWED = 2  # in a row, before the shop is taken to be in trouble
FIRST_REST = 5.0  # seconds, then three times longer each time
LONGEST_REST = 240.0
TRIAL_SECONDS = 60  # how long the one call that tries may take
WORDS = {
    "limit": "the shop asks to wait (limit of calls)",
    "rest": "the shop is out of order (it is given a rest)",
    "key": "the shop refuses the key: it is wrong, or the app was removed",
}
LONGEST_WAIT = 3600.0  # whatever a shop asks for
REFUSED_SECONDS = 3600
_TRIES = 5
_LONGEST_COUNT = 7  # digits


class Urgency(IntEnum):
    """Who is calling: how many hundredths of the window are not for him."""

    PERSON = 0  # somebody waits at a screen
    WORK = 10  # hooks, polling
    PAST = 30  # reading of past orders, comparison


_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.WORK)


@contextmanager
def calling_as(urgency: Urgency) -> Iterator[None]:
    """Calls inside the block count as this kind of caller."""
    token = _urgency.set(urgency)
    try:
        yield
    finally:
        _urgency.reset(token)


class ShopBusyError(PlugError):
    """The shop may not be called now; nobody's fault, so the job is put off and no try is lost.

    `cause`: «limit» (it asked to wait, or the window is used up), «rest» (it failed several times), «key» (refused).
    """

    is_put_off = True

    def __init__(self, cause: str, *, seconds: float) -> None:
        super().__init__(WORDS[cause], retry_after=max(1, math.ceil(seconds)))
        self.cause = cause


class Gate:
    """The door before every call to one shop with one key."""

    def __init__(
        self, *, kind: str, host: str, login: str, password: str, urgency: Urgency | None = None
    ) -> None:
        self._key = _sha(f"{kind}\n{login}\n{host}")
        self._secret = _sha(f"{self._key}\n{password}")
        self.urgency = _urgency.get() if urgency is None else urgency

    def enter(self) -> int:
        """Write one call down; its number in the window. Raises ShopBusyError with the seconds to wait."""
        for _try in range(_TRIES):
            now = clock.now()
            with transaction.atomic():
                number = self._take(now)
            if number:
                return number
            row = ApiWindow.objects.filter(pk=self._key).first()
            if row is None:
                ApiWindow.objects.bulk_create([ApiWindow(key=self._key)], ignore_conflicts=True)
            else:
                self._refuse_entry(row, now)
        raise ShopBusyError("limit", seconds=1)  # others were quicker each time

    def heard(self, number: int, usage: str, *, is_good: bool) -> None:
        """The shop answered; `usage` is its own count, «120/500» or nothing. The larger count is believed."""
        row = ApiWindow.objects.filter(pk=self._key).first()
        if row is None:
            return
        changes = _told(row, number, usage)
        if is_good:
            changes |= {"failures": 0, "rests_until": None, "refused_secret": "", "refused_until": None}
        if any(getattr(row, name) != value for name, value in changes.items()):
            ApiWindow.objects.filter(pk=self._key).update(**changes)

    def close(self, seconds: float) -> None:
        """The shop asked to wait: nobody calls it until then."""
        until = clock.now() + timedelta(seconds=min(max(seconds, 1.0), LONGEST_WAIT))
        rows = ApiWindow.objects.filter(pk=self._key)
        rows.filter(Q(closed_until__isnull=True) | Q(closed_until__lt=until)).update(closed_until=until)

    def failed(self) -> ShopBusyError | None:
        """A call brought nothing usable; after several in a row the shop is given a rest, and that is the error."""
        with transaction.atomic():
            rows = ApiWindow.objects.filter(pk=self._key)
            rows.update(failures=F("failures") + 1)
            failures = rows.values_list("failures", flat=True).first() or 0
            over = failures - FAILURES_ALLOWED - 1
            if over >= 0:
                pause = min(LONGEST_REST, FIRST_REST * 3 ** min(over, 10)) * random.uniform(0.9, 1.0)  # noqa: S311
                rows.update(rests_until=clock.now() + timedelta(seconds=pause))
                return ShopBusyError("rest", seconds=pause)
        return None

    def give_back(self) -> None:
        """A call that was refused for its password: the shop does not count it, and strangers can cause many."""
        ApiWindow.objects.filter(pk=self._key, used__gt=0).update(used=F("used") - 1)

    def refuse(self) -> ShopBusyError:
        """The shop refuses this key: one try an hour. Gives the error to raise."""
        until = clock.now() + timedelta(seconds=REFUSED_SECONDS)
        ApiWindow.objects.filter(pk=self._key).update(refused_secret=self._secret, refused_until=until)
        return ShopBusyError("key", seconds=REFUSED_SECONDS)

    def _take(self, now: datetime) -> int:
        """One conditional UPDATE; the number of the call, 0 when it changed nothing."""
        rows = ApiWindow.objects.filter(pk=self._key)
        free = rows.filter(Q(closed_until__isnull=True) | Q(closed_until__lte=now))
        if self.urgency != Urgency.PERSON:
            free = free.exclude(refused_secret=self._secret, refused_until__gt=now)
            free = free.filter(Q(rests_until__isnull=True) | Q(rests_until__lte=now))
        trial = {"rests_until": now + timedelta(seconds=TRIAL_SECONDS)}
        kept = F("allowed") * int(self.urgency) / 100
        new = free.filter(started_at__gt=now - WINDOW, used__lt=F("allowed") - kept)
        old = free.filter(started_at__lte=now - WINDOW)
        for found, count in ((new, {"used": F("used") + 1}), (old, {"used": 1, "started_at": now})):
            if found.filter(rests_until__isnull=True).update(**count) or found.filter(
                rests_until__isnull=False
            ).update(**count, **trial):
                return rows.values_list("used", flat=True).get()
        return 0

    def _refuse_entry(self, row: ApiWindow, now: datetime) -> None:
        """Say why the door is closed; nothing when it has opened meanwhile."""
        is_work = self.urgency != Urgency.PERSON
        waits = [("limit", row.closed_until)]
        if is_work and row.refused_secret == self._secret:
            waits.append(("key", row.refused_until))
        if is_work:
            waits.append(("rest", row.rests_until))
        if row.used >= row.allowed - row.allowed * int(self.urgency) // 100:
            waits.append(("limit", row.started_at + WINDOW))
        for cause, until in waits:
            if until is not None and until > now:
                raise ShopBusyError(cause, seconds=(until - now).total_seconds())


def _told(row: ApiWindow, number: int, usage: str) -> dict[str, Any]:
    """What the shop's own count changes of ours."""
    told, _slash, allowed = usage.partition("/")
    changes: dict[str, Any] = {}
    count = _number(told)
    if count is not None and count + UNSURE_CALLS < number:
        # its window has begun anew within ours: counted from here, which is later than it did begin
        changes = {"used": count, "started_at": clock.now()}
    elif count is not None and count > row.used:
        changes = {"used": Greatest(F("used"), count)}
    if most := _number(allowed):
        changes["allowed"] = most
    return changes


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_COUNT else None


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
