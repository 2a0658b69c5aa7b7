"""Random histories: nothing is made or lost, and balances are those of a plain dictionary."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from molva.audit.breaches import Extent
from molva.audit.sums import check_days_of_books
from molva.ledger import services
from molva.ledger.chain import verify_chain
from molva.ledger.models import ALLOWED_MOVES, PARTNER_KINDS, LedgerDay, Transaction, TransactionKind
from molva.ledger.queries import PartnerBalance, balances_for, programme_totals
from molva.ledger.services import Move
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace

# late on the 31st of October by Moscow's clocks, and one second later: the 1st of November
MOMENTS = [datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC), datetime(2026, 10, 31, 21, tzinfo=UTC)]
AMOUNTS = st.integers(min_value=1, max_value=10**12)
FIGURES = PartnerBalance.__dataclass_fields__


class Books(RuleBasedStateMachine):
    """Posts allowed moves of two partners, repeats earlier ones, compares with sums kept aside."""

    def __init__(self) -> None:
        super().__init__()
        self.workspace = make_workspace()
        self.scope = scope(self.workspace)
        self.scope.__enter__()
        self.programme = make_programme()
        self.partners = [make_partner(self.programme) for _ in range(2)]
        self.sums: Counter[tuple[int | None, str]] = Counter()
        self.days: Counter[tuple[int, int]] = Counter()  # what partners got, by day and partner
        self.requests: list[dict[str, Any]] = []

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)

    @rule(
        kind=st.sampled_from(TransactionKind),
        who=st.integers(0, 1),
        amount=AMOUNTS,
        at=st.sampled_from(MOMENTS),
        data=st.data(),
    )
    def post(self, kind: TransactionKind, who: int, amount: int, at: datetime, data: st.DataObject) -> None:
        partner = self.partners[who]
        source, target = data.draw(st.sampled_from(sorted(ALLOWED_MOVES[kind])))
        owners = [partner if end in PARTNER_KINDS else None for end in (source, target)]
        request = {
            "programme": self.programme,
            "kind": kind,
            "key": f"k{len(self.requests)}",
            "moves": [Move(source, owners[0], target, owners[1], amount)],
            "partner": partner,
            "at": at,
        }
        services.post(**request)
        self.requests.append(request)
        self.sums[owners[0] and partner.pk, source] -= amount
        self.sums[owners[1] and partner.pk, target] += amount
        if "cash" in (source, target):
            self.sums[partner.pk, "paid"] += amount if target == "cash" else -amount
        self.days[31 if at == MOMENTS[0] else 1, partner.pk] += amount * (
            (target in PARTNER_KINDS) - (source in PARTNER_KINDS)
        )

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.requests:
            services.post(**data.draw(st.sampled_from(self.requests)))

    @invariant()
    def balances_are_the_sums(self) -> None:
        found = balances_for(self.programme)
        for partner in self.partners:
            for name in FIGURES:
                assert getattr(found[partner.pk], name) == self.sums[partner.pk, name]

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        totals = programme_totals(self.programme)
        assert sum(totals.values()) == 0
        assert totals["cash"] == self.sums[None, "cash"]

    @invariant()
    def days_add_up(self) -> None:
        changes: Counter[tuple[int, int]] = Counter()
        for row in LedgerDay.objects.all():
            change = row.accrued_minor - row.taken_back_minor + row.other_minor - row.paid_minor
            changes[row.day.day, row.key] += change
        everybody = {day: sum(self.days[day, one.pk] for one in self.partners) for day in (31, 1)}
        for day in (31, 1):
            assert changes[day, 0] == everybody[day]
            assert [changes[day, one.pk] for one in self.partners] == [
                self.days[day, one.pk] for one in self.partners
            ]
        assert list(check_days_of_books(Extent(self.workspace.pk))) == []

    @invariant()
    def history_is_whole(self) -> None:
        assert Transaction.objects.count() == len(self.requests)
        assert verify_chain(self.workspace) == []


@pytest.mark.django_db
def test_random_histories() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
