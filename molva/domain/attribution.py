"""Who gets an order: each record of a person decided once, as of its creation, by facts not later than it.

`decide` replays all orders and leads of one person in time. A fact that becomes known late takes its place in time
simply because everything is replayed.
"""

from urllib.parse import unquote_plus

from molva.domain.clients import Client, Clients, Running, Touches
from molva.domain.directory import Directory
from molva.domain.facts import ClientKeys, LeadFacts, OrderFacts, PersonFacts, TouchFacts
from molva.domain.terms import DAY, AttributionTerms, PartnerState, Terms
from molva.domain.verdicts import (
    ATTRIBUTED,
    CODE,
    LANDING,
    LINK,
    NO_TOUCH,
    OWN_PURCHASE,
    PARTNER_BLOCKED,
    TERM_ENDED,
    WINDOW_ENDED,
    Attribution,
    Decided,
    Decision,
    Loser,
    Payee,
    Touch,
)
from molva.kit.codes import fold

Record = OrderFacts | LeadFacts


def decide(person: PersonFacts, directory: Directory) -> Decided:
    """All decisions and attributions of one person, by all facts given."""
    records: list[Record] = [*person.orders, *person.leads]
    if len(records) > 1:
        records.sort(key=_in_order)
    touches = {
        visitor: sorted(known, key=_in_time) if len(known) > 1 else known
        for visitor, known in person.touches.items()
        if known
    }
    replay = _Replay(touches, directory, client_label([record.client for record in records]))
    decided = Decided({}, {}, replay.attributions, replay.label)
    for record in records:
        target = decided.orders if isinstance(record, OrderFacts) else decided.leads
        target[record.id] = replay.decide(record)
    return decided


def _in_order(record: Record) -> tuple[int, int]:
    return record.created_at, record.tie


def _in_time(touch: TouchFacts) -> tuple[int, int]:
    return touch.at, touch.tie


def client_label(seen: list[ClientKeys]) -> str:
    """How a client is called: the first id seen, else the e-mail, else the phone."""
    if seen and seen[0].id:  # nearly always
        return seen[0].id
    for name in ("id", "email", "phone", "shown"):
        for keys in seen:
            if value := getattr(keys, name):
                return str(value)
    return ""


class _Replay:
    """The state of one person's replay."""

    __slots__ = ("attributions", "clients", "directory", "label", "touches")

    def __init__(self, touches: Touches, directory: Directory, label: str) -> None:
        self.touches = touches
        self.directory = directory
        self.label = label
        self.clients = Clients()
        self.attributions: list[Attribution] = []

    def decide(self, record: Record) -> Decision:
        """Decide one record and leave the client as it leaves him."""
        at = record.created_at
        terms = self.directory.terms_at(at)
        rules = terms.attribution
        client = self.clients.see(record.client, at, rules.policy)
        client.meet(record.visitor, self.touches)
        fresh = client.spend(at, self.touches)
        running = client.running
        field = _Field(rules, at)
        field.gather(record, fresh, self.directory)
        if running is not None and rules.policy == "first":
            winner = None
            field.drop_all(ATTRIBUTED)
        else:
            winner = field.winner()
        partner = winner.partner if winner else running.shown.partner if running else None
        if partner is None:
            decision = Decision(at, None, _nobody(client), losers=tuple(field.losers))
        else:
            decision = self._award(record, terms, client, partner, winner, field)
        if client.running is not None and isinstance(record, OrderFacts) and rules.term_mode == "sliding":
            client.running.renew(at, rules)
        return decision

    def _award(
        self,
        record: Record,
        terms: Terms,
        client: Client,
        partner: str,
        winner: Touch | None,
        field: "_Field",
    ) -> Decision:
        """Give the record to the partner, unless he may not have it."""
        at, rules = record.created_at, terms.attribution
        running = client.running
        state = self.directory.partner_state(partner, at) or PartnerState(partner)
        refusal = _refusal(state, client, rules)
        if refusal is not None:
            shown = winner or Touch(partner, ATTRIBUTED, running.shown.start if running else at)
            losers = (Loser(partner, shown.kind, shown.at, refusal), *field.losers)
            return Decision(at, None, refusal, touch=winner, losers=losers)
        if running is None or running.shown.partner != partner:
            if running is not None:
                field.losers.append(
                    Loser(running.shown.partner, ATTRIBUTED, running.shown.start, "touch_wins")
                )
                running.end(at, "partner")
            running = self._start(client, partner, record, rules)
        return Decision(
            at,
            partner,
            _reason(winner),
            touch=winner,
            since=running.shown.start,
            chain=self._chain(state, client, terms, at),
            losers=tuple(field.losers),
        )

    def _start(self, client: Client, partner: str, record: Record, rules: AttributionTerms) -> Running:
        shown = Attribution(self.label, partner, record.created_at)
        self.attributions.append(shown)
        client.running = running = Running(shown, record.tie)
        client.was_attributed = True
        running.renew(record.created_at, rules)
        return running

    def _chain(self, state: PartnerState, client: Client, terms: Terms, at: int) -> tuple[Payee, ...]:
        """The partner and his inviters, as they are at the creation."""
        chain: list[tuple[str, str | None]] = [(state.id, None)]
        inviter = state.invited_by
        while inviter is not None and len(chain) < terms.levels:
            above = self.directory.partner_state(inviter, at)
            if above is None:
                break
            chain.append((inviter, _refusal(above, client, terms.attribution)))
            inviter = above.invited_by
        return self.directory.chain(tuple(chain))


class _Field:
    """The touches that compete for one record."""

    __slots__ = ("at", "codes", "links", "losers", "rules")

    def __init__(self, rules: AttributionTerms, at: int) -> None:
        self.rules = rules
        self.at = at
        self.codes: list[Touch] = []  # in time, the earliest first
        self.links: list[Touch] = []
        self.losers: list[Loser] = []

    def gather(self, record: Record, fresh: list[TouchFacts], directory: Directory) -> None:
        """Sort out what may win."""
        at = self.at
        for code in record.codes:
            owner = directory.code_owner(code, at)
            if owner is not None:
                self.codes.append(Touch(owner, CODE, at, code))
        if len(fresh) > 1:
            fresh.sort(key=_in_time)
        window = self.rules.click_window_days
        for touch in fresh:
            if window is not None and at - touch.at > window * DAY:
                self.losers.append(Loser(touch.partner, touch.kind, touch.at, "window"))
            else:
                self.links.append(Touch(touch.partner, touch.kind, touch.at))
        if isinstance(record, OrderFacts) and record.landing:
            partner = landing_partner(record.landing, self.rules.parameter, directory, at)
            if partner is not None and self.links:
                self.losers.append(Loser(partner, LANDING, at, "landing_spare"))
            elif partner is not None:
                self.links.append(Touch(partner, LANDING, at))

    def winner(self) -> Touch | None:
        """The touch that wins by the policy; the others become losers."""
        field, other = self.links, self.codes
        if self.codes and (self.rules.code_over_link or not self.links):
            field, other = self.codes, self.links
        if not field:
            return None
        first = self.rules.policy == "first"
        place = 0 if first else len(field) - 1
        reason = "later" if first else "earlier"
        self.losers += [Loser(t.partner, t.kind, t.at, reason) for i, t in enumerate(field) if i != place]
        self.losers += [Loser(t.partner, t.kind, t.at, "other_kind") for t in other]
        return field[place]

    def drop_all(self, reason: str) -> None:
        """Nobody of the field wins: an attribution holds."""
        self.losers += [Loser(t.partner, t.kind, t.at, reason) for t in (*self.codes, *self.links)]


def landing_partner(landing: str, parameter: str, directory: Directory, at: int) -> str | None:
    """Whose the landing address is: its first partner parameter, decoded, is a partner's id or a code."""
    query = landing.partition("#")[0].partition("?")[2]
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if unquote_plus(name) == parameter:
            given = unquote_plus(value)
            if directory.partner_state(given, at) is not None:
                return given
            return directory.code_owner(fold(given), at)
    return None


def _refusal(partner: PartnerState, client: Client, rules: AttributionTerms) -> str | None:
    """Why the partner may not be paid for this client; of two reasons the weightier."""
    if partner.blocked:
        return PARTNER_BLOCKED
    if not rules.own_purchases and (partner.email in client.emails or partner.phone in client.phones):
        return OWN_PURCHASE
    return None


def _nobody(client: Client) -> str:
    if client.was_attributed:
        return TERM_ENDED
    return WINDOW_ENDED if client.touched else NO_TOUCH


def _reason(winner: Touch | None) -> str:
    if winner is None:
        return ATTRIBUTED
    return winner.kind if winner.kind in (CODE, LANDING) else LINK
