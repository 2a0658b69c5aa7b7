"""Random months: orders come, change and go, money is released and paid out, and everything holds at every step."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from molva.audit import run_checks
from molva.commissions.admission import admit_partner
from molva.commissions.postings import release_due
from molva.kit import clock
from molva.ledger import services as ledger
from molva.ledger.models import AccountKind
from molva.ledger.queries import balances, programme_totals
from molva.payouts import services as payouts
from molva.payouts.errors import NothingToPayError, PayoutChangedError
from molva.payouts.models import Payout, PayoutStatus
from molva.programmes.services import create_programme
from molva.workspaces.scoping import scope
from tests.audit.conftest import RULES
from tests.commissions.conftest import SETTINGS, START, Shop
from tests.factories import make_user, make_workspace

STATUSES = ["new", "delivered", "delivered", "cancelled"]
NUMBERS = ["1", "2", "3", "4"]
WHO = st.sampled_from(["boris", "anna"])


class Months(RuleBasedStateMachine):
    """Two partners, two buyers, four orders; each step is a day later than the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = scope(make_workspace())
        self.scope.__enter__()
        self.owner = make_user()
        self.day = 0
        self.first_told: dict[str, tuple[int, str, str]] = {}
        settings = {**SETTINGS, "accrual": {**SETTINGS["accrual"], "hold_days": 2}}
        with clock.pretend(START - timedelta(days=30)):
            programme = create_programme(
                name="Friends", code=f"friends{self.owner.pk}", settings=settings, rules=RULES
            )
            anna = admit_partner(programme=programme, name="Anna", code="anna")
            boris = admit_partner(programme=programme, name="Boris", code="boris", invited_by=anna)
        self.shop = Shop(programme, anna, boris)

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)

    @property
    def now(self) -> Any:
        return START + timedelta(days=self.day)

    @rule(
        number=st.sampled_from(NUMBERS),
        status=st.sampled_from(STATUSES),
        code=WHO,
        buyer=st.sampled_from("ab"),
        total=st.integers(min_value=0, max_value=900_000),
    )
    def tell(self, number: str, status: str, code: str, buyer: str, total: int) -> None:
        self.day += 1
        created, code, buyer = self.first_told.setdefault(number, (self.day, code, buyer))
        self.shop.order(
            number,
            day=self.day,
            created=created,
            status=status,
            total=total,
            codes=(code,),
            email=f"{buyer}@example.org",
        )

    @rule(days=st.integers(min_value=0, max_value=3))
    def wait(self, days: int) -> None:
        self.day += days
        release_due(self.now)

    @rule(who=WHO, amount=st.integers(min_value=-50_00, max_value=50_00).filter(bool))
    def adjust(self, who: str, amount: int) -> None:
        self.day += 1
        ledger.adjust(
            partner=getattr(self.shop, who),
            amount_minor=amount,
            reason="по договорённости",
            actor=self.owner,
            key=f"by-hand-{self.day}",
            at=self.now,
        )

    @rule(who=WHO)
    def draft(self, who: str) -> None:
        partner = getattr(self.shop, who)
        available = balances(partner).available
        try:
            assert payouts.draft_payout(partner=partner, actor=self.owner).amount_minor == available
        except NothingToPayError:
            assert available <= 0

    @rule(step=st.sampled_from(["approve", "approve", "cancel"]))
    def decide(self, step: str) -> None:
        for payout in Payout.objects.filter(status=PayoutStatus.DRAFT)[:1]:
            if step == "cancel":
                payouts.cancel_payout(payout=payout, actor=self.owner)
                return
            try:
                payouts.approve_payout(payout=payout, actor=self.owner)
            except PayoutChangedError:
                assert Payout.objects.get(pk=payout.pk).status == PayoutStatus.DRAFT

    @rule(step=st.sampled_from(["paid", "paid", "cancel", "failed"]))
    def send(self, step: str) -> None:
        for payout in Payout.objects.filter(status=PayoutStatus.APPROVED)[:1]:
            if step == "paid":
                payouts.mark_paid(payout=payout, actor=self.owner)
            elif step == "cancel":
                payouts.cancel_payout(payout=payout, actor=self.owner)
            else:
                payouts.mark_failed(payout=payout, actor=self.owner, reason="вернул банк")

    @rule()
    def bounce(self) -> None:
        for payout in Payout.objects.filter(status=PayoutStatus.PAID)[:1]:
            payouts.mark_failed(payout=payout, actor=self.owner, reason="вернул банк")

    @invariant()
    def everything_holds(self) -> None:
        assert run_checks() == []

    @invariant()
    def paid_is_what_payouts_say(self) -> None:
        paid = sum(Payout.objects.filter(status=PayoutStatus.PAID).values_list("amount_minor", flat=True))
        assert programme_totals(self.shop.programme)[AccountKind.CASH] == paid


@pytest.mark.django_db
def test_random_months() -> None:
    run_state_machine_as_test(
        Months,
        settings=settings(
            max_examples=4, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
