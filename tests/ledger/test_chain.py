"""The chain names the very transaction that was touched."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from molva.kit.triggers import install_sql, remove_sql, run
from molva.ledger import services
from molva.ledger.chain import ChainProblem, verify_chain
from molva.ledger.models import Account, LedgerHead, Posting, Transaction
from molva.programmes.models import Partner
from molva.workspaces.models import Workspace
from tests.factories import make_partner

AT = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
OTHERS = "its contents differ from its hash"


@pytest.fixture
def entries(partner: Partner) -> list[Transaction]:
    made = [
        services.accrue(
            partner=partner,
            amount_minor=100 + step,
            key=f"k{step}",
            at=AT,
            order_id=step,
            commission_id=step,
            level=1,
            facts={"why": "«мёд» 1/3", "parts": (1, None, {"b": 1, "a": 2})},
        )
        for step in range(4)
    ]
    services.claw_back(
        partner=partner, from_held=3, from_available=4, key="c", at=AT, order_id=1, commission_id=1, level=1
    )
    return [*made, Transaction.objects.get(number=5)]


def tamper(table: str, statement: str, *values: Any) -> None:
    """Change a row as someone with full rights on the database could."""
    run(connection, [table], remove_sql)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    run(connection, [table], install_sql)


def test_an_untouched_chain_holds(entries: list[Transaction], workspace: Workspace) -> None:
    assert verify_chain(workspace) == []


def test_an_empty_workspace_holds(workspace: Workspace) -> None:
    assert verify_chain(workspace) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", datetime(2026, 11, 1, 12, 0, 0, 123457, tzinfo=UTC)),
        ("kind", "welcome"),
        ("key", "other"),
        ("order_id", 77),
        ("commission_id", None),
        ("payout_id", 1),
        ("level", 2),
        ("facts", "{}"),
        ("inputs_hash", "0" * 64),
    ],
)
def test_a_changed_transaction_is_named(
    entries: list[Transaction], workspace: Workspace, column: str, value: Any
) -> None:
    change = f'UPDATE ledger_transaction SET "{column}" = %s WHERE id = %s'  # noqa: S608 (columns listed above)
    tamper("ledger_transaction", change, value, entries[2].pk)

    assert verify_chain(workspace) == [ChainProblem(3, OTHERS)]


def test_a_changed_amount_is_named(entries: list[Transaction], workspace: Workspace) -> None:
    posting = Posting.objects.get(transaction=entries[1])
    tamper(
        "ledger_posting",
        "UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE id = %s",
        posting.pk,
    )

    assert verify_chain(workspace) == [ChainProblem(2, OTHERS)]


def test_a_removed_posting_is_named(entries: list[Transaction], workspace: Workspace) -> None:
    posting = Posting.objects.filter(transaction=entries[4]).order_by("-pk")[0]
    tamper("ledger_posting", "DELETE FROM ledger_posting WHERE id = %s", posting.pk)

    assert verify_chain(workspace) == [ChainProblem(5, OTHERS)]


def test_an_account_given_to_another_is_named(
    entries: list[Transaction], partner: Partner, workspace: Workspace
) -> None:
    account = Account.objects.get(partner=partner, kind="available")
    other = make_partner(partner.programme)
    tamper("ledger_account", "UPDATE ledger_account SET partner_id = %s WHERE id = %s", other.pk, account.pk)

    assert verify_chain(workspace) == [ChainProblem(5, OTHERS)]


def test_a_removed_transaction_is_named(entries: list[Transaction], workspace: Workspace) -> None:
    posting = Posting.objects.get(transaction=entries[2])
    tamper("ledger_posting", "DELETE FROM ledger_posting WHERE id = %s", posting.pk)
    tamper("ledger_transaction", "DELETE FROM ledger_transaction WHERE id = %s", entries[2].pk)

    assert verify_chain(workspace) == [
        ChainProblem(4, "does not continue the transaction before it"),
        ChainProblem(4, "number 3 is missing"),
    ]


def test_a_removed_beginning_is_named(entries: list[Transaction], workspace: Workspace) -> None:
    posting = Posting.objects.get(transaction=entries[0])
    tamper("ledger_posting", "DELETE FROM ledger_posting WHERE id = %s", posting.pk)
    tamper("ledger_transaction", "DELETE FROM ledger_transaction WHERE id = %s", entries[0].pk)

    assert verify_chain(workspace) == [
        ChainProblem(2, "does not continue the transaction before it"),
        ChainProblem(2, "number 1 is missing"),
    ]


def test_contents_of_chosen_partners_only(
    entries: list[Transaction], workspace: Workspace, partner: Partner
) -> None:
    other = make_partner(partner.programme)
    services.welcome(partner=other, amount_minor=5, at=AT, is_payable=True)
    tamper("ledger_transaction", "UPDATE ledger_transaction SET level = 9 WHERE number IN (3, 6)")

    assert verify_chain(workspace, partners=[other.pk]) == [ChainProblem(6, OTHERS)]
    assert [problem.number for problem in verify_chain(workspace)] == [3, 6]


def test_a_cut_end_is_named(entries: list[Transaction], workspace: Workspace) -> None:
    for posting in Posting.objects.filter(transaction=entries[4]):
        tamper("ledger_posting", "DELETE FROM ledger_posting WHERE id = %s", posting.pk)
    tamper("ledger_transaction", "DELETE FROM ledger_transaction WHERE id = %s", entries[4].pk)

    assert verify_chain(workspace) == [ChainProblem(5, "the chain should end at 5, its rows end at 4")]


def test_a_moved_head_is_named(entries: list[Transaction], workspace: Workspace) -> None:
    LedgerHead.objects.update(last_hash="0" * 64)

    assert verify_chain(workspace) == [ChainProblem(5, "the chain should end at 5, its rows end at 5")]
