"""events.jsonl → facts: what each line says, checked for itself. What needs other lines is checked in `history`."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from sys import intern
from typing import Any

from molva.domain.facts import ClientKeys, LeadFacts, Line, OrderFacts, Snapshot
from molva.domain.reading import (
    Path,
    Reader,
    code,
    decimal,
    moment,
    money,
    name,
    one_of,
    text,
    whole,
)
from molva.domain.rule_reading import read_rules
from molva.kit import emails, phones
from molva.simulate.json_input import JsonReader, canonical, without_bom
from molva.simulate.programme import PARTNER_KEYS, read_card
from molva.simulate.quick import QuickReader
from molva.simulate.told import Event, Events, SeenTouch, Story

_KEYS = {
    "touch": frozenset({"at", "type", "visitor", "partner", "kind"}),
    "lead": frozenset({"at", "type", "visitor", "client", "codes"}),
    "order": frozenset({"at", "type", "seq", "order"}),
    "rules": frozenset({"at", "type", "rules"}),
    "partner": frozenset({"at", "type", "partner"}),
    "payout": frozenset({"at", "type", "partner"}),
}
_ONCE = frozenset(
    {"lead", "rules", "partner", "payout"}
)  # touches are looked at later; an order said twice has an equal seq
_ORDER = frozenset(
    {
        "id",
        "number",
        "created_at",
        "client",
        "visitor",
        "codes",
        "landing",
        "status",
        "delivery",
        "discount",
        "lines",
    }
)
_LINE = frozenset({"id", "product", "categories", "sku", "quantity", "total"})
_CLIENT = frozenset({"id", "email", "phone"})
_PARTNER = PARTNER_KEYS | {"codes"}
_NEVER = 2**62  # stands for a time that cannot be read, so that nothing is said twice about it
_MANY = 1000  # spellings of quantities that are kept
_ONE: int | Fraction = 1
_TYPE = one_of(*_KEYS)
_TOUCH_KIND = one_of("link", "qr", "form")


class EventReader:
    """Reads the lines of one file. Events after `until` are checked and left out."""

    def __init__(self, digits: int, until: int | None) -> None:
        self.events = Events()
        self._parser = JsonReader()
        self._until = until
        self._digits = digits
        self._money = money(digits)
        self._seen: set[str] = set()
        self._quantities: dict[Any, int | Fraction] = {}
        self._categories: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._readers: dict[str, Callable[[Reader, dict[str, Any], int, int], Any]] = {
            "touch": self._read_touch,
            "lead": self._read_lead,
            "order": self._read_order,
            "rules": self._read_rules,
            "partner": self._read_partner,
            "payout": self._read_payout,
        }

    def read(self, source: Iterable[bytes]) -> Events:
        """Read the whole file."""
        quick = QuickReader(self._money).read
        for number, raw in enumerate(source, 1):
            read = quick(raw, number)
            if read is None:
                self._read_fully(raw, number)
            elif self._until is None or read[0] <= self._until:
                self._keep(*read)
        self.events.timed.sort(key=_in_time)
        return self.events

    def _read_fully(self, raw: bytes, number: int) -> None:
        """Read a line with an eye on everything that may be wrong."""
        text = without_bom(raw) if number == 1 else raw
        if text.isspace() or not text:
            return
        value, problems = self._parser.parse(text)
        if not problems:
            reader = Reader()
            self._read_event(value, number, reader)
            problems = reader.problems
        self.events.problems += [(number, problem) for problem in problems]

    def _read_event(self, value: Any, number: int, reader: Reader) -> None:
        if type(value) is not dict:
            reader.wrong((), "must be an object")
            return
        kind = value.get("type")
        if type(kind) is not str or kind not in _KEYS:
            kind = reader.need(value, "type", (), _TYPE)
            if kind is None:
                return
        reader.object(value, (), _KEYS[kind])
        at = reader.need(value, "at", (), moment)
        made = self._readers[kind](reader, value, _NEVER if at is None else at, number)
        if reader.problems or at is None or (self._until is not None and at > self._until):
            return
        if kind in _ONCE:
            same = canonical(value)
            if same in self._seen:
                return
            self._seen.add(same)
        self._keep(at, *(made if type(made) is tuple else (made, 0)))

    def _keep(self, at: int, made: SeenTouch | OrderFacts | Event, seq: int) -> None:
        events = self.events
        if events.first_at is None or at < events.first_at:
            events.first_at = at
        if events.last_at is None or at > events.last_at:
            events.last_at = at
        if isinstance(made, SeenTouch):
            events.touches.append(made)
        elif isinstance(made, OrderFacts):
            events.timed.append(self._told(made, seq, at))
        else:
            if type(made.what) is LeadFacts:
                events.leads.append(made.what)
            events.timed.append(made)

    def _told(self, facts: OrderFacts, seq: int, at: int) -> Event:
        """An order's event, with its story."""
        snapshot = facts.snapshot
        story = self.events.stories.get(facts.id)
        if story is None:
            story = self.events.stories[facts.id] = Story(facts, seq, at)
        else:
            known = story.facts.snapshot.lines
            if len(known) == len(snapshot.lines) and all(map(_is_same, known, snapshot.lines)):
                snapshot.lines = known  # told again as they were: kept once
            story.hear(facts, seq, at)
        return Event(at, facts.tie, story, seq, snapshot)

    def _read_touch(self, reader: Reader, value: dict[str, Any], at: int, number: int) -> SeenTouch:
        return SeenTouch(
            _name(reader, value, "visitor", ()),
            _word(reader, value, "partner", ()),
            intern(reader.need(value, "kind", (), _TOUCH_KIND) or ""),
            at,
            number,
            intern(str(value.get("at"))[16:]),
        )

    def _read_lead(self, reader: Reader, value: dict[str, Any], at: int, number: int) -> Event:
        client = self._client(reader, value, ())
        codes = reader.texts(value, "codes", (), code)
        lead = LeadFacts(str(number), at, client, _spare_name(reader, value, "visitor", ()), codes, number)
        return Event(at, number, lead)

    def _read_payout(self, reader: Reader, value: dict[str, Any], at: int, number: int) -> Event:
        return Event(at, number, _word(reader, value, "partner", ()))

    def _read_rules(self, reader: Reader, value: dict[str, Any], at: int, number: int) -> Event:
        written = reader.needed_items(value, "rules", ())
        return Event(at, number, read_rules(reader, written, ("rules",), self._digits))

    def _read_partner(self, reader: Reader, value: dict[str, Any], at: int, number: int) -> Event:
        if value.get("partner") is None:
            reader.wrong(("partner",), "is required")
            return Event(at, number, "")
        fields = reader.object(value["partner"], ("partner",), _PARTNER)
        read_card(reader, fields, ("partner",), self._digits)
        reader.texts(fields, "codes", ("partner",), code)
        return Event(at, number, fields)

    def _read_order(
        self, reader: Reader, value: dict[str, Any], at: int, number: int
    ) -> tuple[OrderFacts, int] | None:
        seq = reader.take(value, "seq", (), whole, 0)
        path: Path = ("order",)
        if value.get("order") is None:
            reader.wrong(path, "is required")
            return None
        order = reader.object(value["order"], path, _ORDER)
        created_at = reader.need(order, "created_at", path, moment)
        if created_at is not None and at < created_at:
            reader.wrong(("at",), "is before the order's created_at")
        reader.maybe(order, "number", path, text)  # checked, not kept: the answer names orders by id
        facts = OrderFacts(
            id=_name(reader, order, "id", path),
            created_at=created_at or 0,
            client=self._client(reader, order, path),
            visitor=_spare_name(reader, order, "visitor", path),
            codes=reader.texts(order, "codes", path, code),
            landing=reader.maybe(order, "landing", path, text),
            tie=number,
            snapshot=self._snapshot(reader, order, path),
        )
        return facts, seq

    def _snapshot(self, reader: Reader, order: dict[str, Any], path: Path) -> Snapshot:
        status = intern(reader.need(order, "status", path, text) or "")
        lines = tuple(
            self._line(reader, line, (*path, "lines", index))
            for index, line in enumerate(reader.needed_items(order, "lines", path))
        )
        if len(lines) > 1 and len({line.id for line in lines}) < len(lines):
            seen: set[str] = set()
            for index, line in enumerate(lines):
                if line.id and line.id in seen:
                    reader.wrong((*path, "lines", index, "id"), "two lines with this id")
                seen.add(line.id)
        return Snapshot(
            status,
            lines,
            reader.take(order, "discount", path, self._money, 0),
            reader.take(order, "delivery", path, self._money, 0),
        )

    def _line(self, reader: Reader, written: Any, path: Path) -> Line:
        fields = reader.object(written, path, _LINE)
        product = _spare_name(reader, fields, "product", path)
        sku = fields.get("sku")
        categories = reader.texts(fields, "categories", path, name)
        return Line(
            _word(reader, fields, "id", path),
            reader.need(fields, "total", path, self._money) or 0,
            self._quantity(reader, fields, path),
            product and intern(product),
            intern(sku) if type(sku) is str else reader.maybe(fields, "sku", path, text),
            self._categories.setdefault(categories, categories) if categories else (),
        )

    def _quantity(self, reader: Reader, fields: dict[str, Any], path: Path) -> int | Fraction:
        """A quantity; most orders have one of a few."""
        written = fields.get("quantity")
        if type(written) is not str:
            return reader.take(fields, "quantity", path, decimal, _ONE)
        known = self._quantities.get(written)
        if known is None:
            known = reader.take(fields, "quantity", path, decimal, _ONE)
            if len(self._quantities) < _MANY and not reader.problems:
                self._quantities[written] = known
        return known

    def _client(self, reader: Reader, fields: dict[str, Any], path: Path) -> ClientKeys:
        inner: Path = (*path, "client")
        if fields.get("client") is None:
            reader.missing(fields, "client", path)
            return ClientKeys()
        written = reader.object(fields["client"], inner, _CLIENT)
        given = reader.maybe(written, "id", inner, name)
        email = reader.maybe(written, "email", inner, text)
        phone = reader.maybe(written, "phone", inner, text)
        if type(fields["client"]) is dict and all(
            written.get(key) in (None, "") for key in ("id", "email", "phone")
        ):
            reader.wrong(inner, "needs an id, an email or a phone")
        email_key = emails.normalise(email) if email else None
        phone_key = phones.normalise(phone) if phone else None
        return ClientKeys(
            given,
            email_key,
            phone_key,
            "" if given or email_key or phone_key else email or phone or "",
        )


def _in_time(event: Event) -> tuple[int, int]:
    return event.at, event.line


def _is_same(one: Line, other: Line) -> bool:
    return (
        one.total_minor == other.total_minor
        and one.id == other.id
        and one.quantity == other.quantity
        and one.product == other.product
        and one.sku == other.sku
        and one.categories == other.categories
    )


def _name(reader: Reader, fields: dict[str, Any], key: str, path: Path) -> str:
    """A text that must be there and is not empty; read at once when all is well, as it nearly always is."""
    value = fields.get(key)
    if type(value) is str and value:
        return value
    return reader.need(fields, key, path, name) or ""


def _word(reader: Reader, fields: dict[str, Any], key: str, path: Path) -> str:
    """The same of few values that come again and again: each is kept once."""
    return intern(_name(reader, fields, key, path))


def _spare_name(reader: Reader, fields: dict[str, Any], key: str, path: Path) -> str | None:
    """A text that may be missing but is not empty."""
    value = fields.get(key)
    if value is None or (type(value) is str and value):
        return value
    return reader.maybe(fields, key, path, name)
