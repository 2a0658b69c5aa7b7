"""What the oracle is told: a parsed programme and event dicts, turned into plain facts.

Nothing of molva is imported anywhere in the oracle: independence is its only worth.
Times are aware datetimes (compared as instants), money is whole minor units (int).
"""

import json
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

import phonenumbers

DIGITS = {"JPY": 0, "RUB": 2, "USD": 2, "EUR": 2, "KWD": 3}


def moment(text: str) -> datetime:
    """A point in time; only instants are ever compared."""
    return datetime.fromisoformat(text)


def days(number: int) -> timedelta:
    """A day is 24 hours."""
    return timedelta(hours=24 * number)


def code_key(text: str) -> str:
    """Codes: trimmed and without case."""
    return text.strip().casefold()


def mail_key(text: str | None) -> tuple[str, str] | None:
    """E-mails: NFKC, trimmed, lower case, nothing more; an empty one is no key."""
    if text is None:
        return None
    clean = unicodedata.normalize("NFKC", text).strip().lower()
    return ("email", clean) if clean else None


def phone_key(text: str | None) -> tuple[str, str] | None:
    """Phones: E.164, Russia by default, «+8» taken as the domestic 8; no number is no key."""
    if text is None:
        return None
    if text.strip().startswith("+8") and len([sign for sign in text if sign.isdigit()]) == 11:
        text = text.replace("+8", "8", 1)
    try:
        number = phonenumbers.parse(text, "RU")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return ("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def landing_mark(landing: str | None) -> str | None:
    """The decoded value of the first `aff` in the query of a landing."""
    if landing is None:
        return None
    query = landing.partition("#")[0].partition("?")[2]
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == "aff":
            return unquote_plus(value)
    return None


@dataclass
class Touch:
    """A touch by link, code or landing; `line` orders touches of one moment."""

    at: datetime
    line: int
    partner: str
    kind: str
    visitor: str | None = None


@dataclass
class Record:
    """An order or a lead as a decision: who came, when, with what."""

    order: str | None
    created: datetime
    line: int
    client: dict[str, Any]
    visitor: str | None
    codes: list[str]
    landing: str | None

    def keys(self) -> list[tuple[str, str]]:
        """Everything by which this person may be recognised."""
        own = self.client.get("id")
        found = [("id", own) if own else None, mail_key(self.client.get("email"))]
        found.append(phone_key(self.client.get("phone")))
        return [key for key in found if key is not None]


@dataclass
class Facts:
    """The programme and the events that have happened, in the order in which they apply."""

    programme: dict[str, Any]
    events: list[dict[str, Any]]
    until: datetime | None
    digits: int
    zone: ZoneInfo
    _partners: dict[datetime, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def setting(self, part: str, name: str, default: Any) -> Any:
        """A value of `attribution` or `accrual`; missing and null are the default."""
        value = (self.programme.get(part) or {}).get(name)
        return default if value is None else value

    def minor(self, text: str | None) -> int:
        """Money text to minor units."""
        return int(Decimal(text or "0").scaleb(self.digits))

    def money(self, minor: int) -> str:
        """Minor units to money text."""
        return f"{Decimal(minor).scaleb(-self.digits):.{self.digits}f}"

    def rules_at(self, when: datetime) -> list[dict[str, Any]]:
        """Rules in force at a creation, rules events of that very moment included."""
        rules = self.programme["rules"]
        for event in self.events:
            if event["type"] == "rules" and event["when"] <= when:
                rules = event["rules"]
        return list(rules)

    def partners_at(self, when: datetime) -> dict[str, dict[str, Any]]:
        """Partners at a creation; partner events of that very moment included."""
        if when not in self._partners:
            known = {partner["id"]: {"codes": [], **partner} for partner in self.programme["partners"]}
            for code in self.programme.get("codes") or []:
                known[code["partner"]]["codes"].append(code["code"])
            for event in self.events:
                if event["type"] == "partner" and event["when"] <= when:
                    told = dict(event["partner"])
                    codes = told.pop("codes", None) or []
                    old = known.setdefault(told["id"], {"codes": []})
                    old.update(told)
                    old["codes"].extend(codes)
            self._partners[when] = known
        return self._partners[when]

    def code_owner(self, code: str, when: datetime) -> str | None:
        """Whose code this is, by the codes known at that creation."""
        for name, partner in self.partners_at(when).items():
            if code_key(code) in [code_key(own) for own in partner["codes"]]:
                return name
        return None

    def touches(self) -> list[Touch]:
        """All link touches that happened."""
        return [
            Touch(event["when"], event["line"], event["partner"], event["kind"], event["visitor"])
            for event in self.events
            if event["type"] == "touch"
        ]


def gather(programme: dict[str, Any], events: list[dict[str, Any]], until: str | None) -> Facts:
    """Drop repeated and later lines, sort by `at` with ties by file order."""
    seen: set[str] = set()
    lines = []
    for number, event in enumerate(events, 1):
        text = json.dumps(event, sort_keys=True)
        if text not in seen:
            seen.add(text)
            lines.append({**event, "line": number, "when": moment(event["at"])})
    end = moment(until) if until else None
    if end is None and lines:
        end = max(event["when"] for event in lines)
    if end is None:
        # «without events the last `joined`»
        joined = [moment(one["joined"]) for one in programme["partners"] if one.get("joined")]
        end = max(joined, default=None)
    kept = [event for event in lines if end is not None and event["when"] <= end]
    kept.sort(key=lambda event: (event["when"], event["line"]))
    return Facts(programme, kept, end, DIGITS[programme["currency"]], ZoneInfo(programme["timezone"]))


def records(facts: Facts, events: list[dict[str, Any]]) -> list[Record]:
    """Decisions to make: leads and orders among `events`, in the order of decision.

    Creation facts of an order are those of its smallest `seq` in the whole file (to `--until`),
    even if that line comes later; of equal ones the first applied, for the later is not applied.
    """
    found = []
    for event in events:
        if event["type"] == "lead":
            codes = event.get("codes") or []
            found.append(
                Record(None, event["when"], event["line"], event["client"], event.get("visitor"), codes, None)
            )
    for name in {event["order"]["id"] for event in events if event["type"] == "order"}:
        told = [one for one in facts.events if one["type"] == "order" and one["order"]["id"] == name]
        birth = min(told, key=lambda event: event.get("seq") or 0)
        order = birth["order"]
        found.append(
            Record(
                name,
                moment(order["created_at"]),
                birth["line"],
                order["client"],
                order.get("visitor"),
                order.get("codes") or [],
                order.get("landing"),
            )
        )
    return sorted(found, key=lambda record: (record.created, record.line))
