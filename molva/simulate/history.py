"""Programme and events together → the directory over time, the welcome money; what is wrong only in context."""

from dataclasses import dataclass, field, replace
from typing import Any

from molva.domain.directory import ALWAYS, Directory
from molva.domain.reading import Problem, Reader, code
from molva.domain.terms import PartnerState, RuleSet
from molva.simulate.programme import PartnerCard, Programme, inviter_problem, read_card
from molva.simulate.told import Event, Events

Moment = tuple[int, int]  # time, line of the file


@dataclass(slots=True)
class History:
    """Who and what was in force when. `welcomes`: (time, partner, minor units), in time."""

    directory: Directory = field(default_factory=Directory)
    welcomes: list[tuple[int, str, int]] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)


def build_history(programme: Programme, events: Events) -> History:
    """Apply the partner and rules events in their time; check what each line supposes."""
    builder = _Builder(programme, events)
    for event in events.timed:
        what = event.what
        if type(what) is list:
            terms = replace(programme.terms, rules=RuleSet.of(what))
            builder.history.directory.add_terms(event.at, terms)
        elif type(what) is dict:
            builder.change_partner(event, what)
    builder.check_partners()
    builder.history.welcomes.sort()
    return builder.history


class _Builder:
    """The state while events are applied."""

    def __init__(self, programme: Programme, events: Events) -> None:
        self.history = History()
        self.events = events
        self.digits = programme.terms.digits
        self.cards = dict(programme.cards)
        self.codes = dict(programme.codes)
        self.came: dict[str, Moment] = {}  # partners who came by an event
        directory = self.history.directory
        directory.add_terms(ALWAYS, programme.terms)
        for partner, card in self.cards.items():
            directory.add_partner(ALWAYS, card.state)
            self._welcome(partner, card, events.first_at)
        for written, partner in self.codes.items():
            directory.add_code(ALWAYS, written, partner)

    def change_partner(self, event: Event, fields: dict[str, Any]) -> None:
        """A partner joins or changes."""
        partner = fields["id"]
        before = self.cards.get(partner)
        reader = Reader()
        path = ("partner",)
        fresh = before or PartnerCard(PartnerState(partner))
        self.cards[partner] = card = read_card(reader, fields, path, self.digits, fresh)
        if card.state.invited_by is not None and (wrong := inviter_problem(partner, self.cards)):
            reader.wrong((*path, "invited_by"), wrong)
        if before is None:
            self.came[partner] = (event.at, event.line)
            self._welcome(partner, card, event.at, not_before=event.at)
        self.history.directory.add_partner(event.at, card.state)
        for index, written in enumerate(reader.texts(fields, "codes", path, code)):
            owner = self.codes.get(written)
            if owner is None:
                self.codes[written] = partner
                self.history.directory.add_code(event.at, written, partner)
            elif owner != partner:
                reader.wrong((*path, "codes", index), "is another partner's code")
        self.history.problems += [(event.line, problem) for problem in reader.problems]

    def _welcome(
        self, partner: str, card: PartnerCard, default: int | None, not_before: int = ALWAYS
    ) -> None:
        joined = default if card.joined is None else card.joined
        if card.welcome_minor and joined is not None:
            self.history.welcomes.append((max(joined, not_before), partner, card.welcome_minor))

    def check_partners(self) -> None:
        """Touches and payouts must be of a partner who is known when they are applied."""
        for touch in self.events.touches:
            if not self._is_known(touch.partner, (touch.at, touch.tie)):
                self.history.problems.append((touch.tie, Problem(("partner",), "unknown partner")))
        for event in self.events.timed:
            if type(event.what) is str and not self._is_known(event.what, (event.at, event.line)):
                self.history.problems.append((event.line, Problem(("partner",), "unknown partner")))

    def _is_known(self, partner: str, moment: Moment) -> bool:
        return partner in self.cards and self.came.get(partner, (ALWAYS, 0)) <= moment
