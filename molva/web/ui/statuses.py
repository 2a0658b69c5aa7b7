"""Statuses by meaning: each has a colour, an icon and a word, so that colour is never the only signal."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Status:
    """How one meaning is drawn; `text` is what it says unless the page says it more exactly."""

    tone: str  # quiet, hold, good, need, bad, papers, new
    icon: str
    text: str | Promise


STATUSES = {
    "expected": Status("quiet", "package", _("Expected")),
    "held": Status("hold", "clock-pause", _("On hold")),
    "available": Status("good", "cash-banknote", _("Available")),
    "paid": Status("good", "check", _("Paid")),
    "active": Status("good", "circle-check", _("Active")),
    "good": Status("good", "circle-check", _("All is well")),
    "attention": Status("need", "alert-triangle", _("Needs you")),
    "draft": Status("need", "pencil", _("Draft")),
    "returned": Status("bad", "arrow-back-up", _("Returned")),
    "clawed_back": Status("bad", "arrow-back-up", _("Taken back")),
    "refused": Status("bad", "ban", _("Refused")),
    "broken": Status("bad", "link-off", _("Broken")),
    "failed": Status("bad", "alert-circle", _("Failed")),
    "papers": Status("papers", "receipt", _("Receipt awaited")),
    "second_level": Status("papers", "users-group", _("Second level")),
    "new": Status("new", "sparkles", _("New")),
    "application": Status("new", "user-plus", _("New application")),
    "asleep": Status("quiet", "moon", _("Asleep")),
    "paused": Status("quiet", "player-pause", _("Paused")),
    "cancelled": Status("quiet", "circle-x", _("Cancelled")),
    "none": Status("quiet", "minus", _("Nothing yet")),
    "running": Status("hold", "loader-2", _("Running")),
    "queued": Status("quiet", "clock", _("In the queue")),
    "approved": Status("hold", "check", _("Approved")),
    "sent": Status("hold", "send", _("Sent")),
}

TONES = ("good", "new", "papers", "hold", "need", "quiet")


def tone_of(name: str) -> str:
    """A colour for an avatar that stays the same for the same name."""
    return TONES[sum(ord(sign) for sign in name) % len(TONES)]
