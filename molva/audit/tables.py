"""Checks made from the models themselves, so that a new table is checked from its first day: I15 and I21."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models

from molva.audit.breaches import Breach, Check, Extent
from molva.audit.sql import quoted, rows
from molva.workspaces.scoping import WorkspaceModel

# What a partner's money stands in: by which key a row is his, itself or through a row that names him.
_MONEY = {
    "ledger.Account": "", "ledger.AccountBalance": "", "ledger.Transaction": "", "commissions.Commission": "",
    "payouts.Payout": "", "ledger.Posting": "transaction", "commissions.AccrualLot": "commission",
    "payouts.PayoutLine": "payout", "orders.Order": "commissions_commission",
}  # fmt: skip


def looked_at(extent: Extent) -> Iterator[tuple[type[WorkspaceModel], str]]:
    """The tables of an extent, each with the condition that narrows its rows `a`."""
    for model in workspace_models():
        if extent.partners is None:
            yield model, ""
        elif (key := _MONEY.get(model._meta.label)) is not None:
            yield model, _narrowed(model, key, extent)


def _narrowed(model: type[WorkspaceModel], key: str, extent: Extent) -> str:
    if not key:
        return extent.of("a.partner_id")
    if key == "commissions_commission":  # orders that he is paid for, whosever they are
        return extent.through("a.id", "SELECT owner.order_id FROM commissions_commission owner WHERE true")
    field = model._meta.get_field(key)
    table = field.related_model._meta.db_table  # type: ignore[union-attr]
    return extent.through(f"a.{key}_id", f"SELECT owner.id FROM {table} owner WHERE true")  # noqa: S608


def workspace_models() -> list[type[WorkspaceModel]]:
    """Every table that belongs to workspaces, in the order of the stages."""
    return [model for model in apps.get_models() if issubclass(model, WorkspaceModel)]


def check_whole_money(extent: Extent) -> Iterator[Breach]:
    """I15: every amount in the database is a whole number, not a fraction, not a text."""
    for model, narrowed in looked_at(extent):
        for field in model._meta.concrete_fields:
            if field.name.endswith("_minor"):
                yield from _fractions(model, field.name, extent, narrowed)


def _fractions(model: type[WorkspaceModel], column: str, extent: Extent, narrowed: str) -> Iterator[Breach]:
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        statement = (
            "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s"
        )
        for (kind,) in rows(statement, table, column):
            if kind not in ("bigint", "integer"):
                yield Breach("I15", f"column {table}.{column}", f"holds {kind}, not whole numbers")
        return
    # SQLite keeps whatever was written, whatever the column was declared to be.
    statement = (
        f"SELECT {model._meta.pk.column}, typeof({quoted(column)}) FROM {quoted(table)} a"  # noqa: S608 (names of our own models)
        f" WHERE a.workspace_id = %s AND typeof({quoted(column)}) NOT IN ('integer', 'null'){narrowed}"
    )
    for pk, kind in rows(statement, extent.workspace_id):
        yield Breach("I15", f"{table} {pk}", f"{column} is {kind}, not a whole number")


def check_same_workspace(extent: Extent) -> Iterator[Breach]:
    """I21: every key joins rows of one workspace, and of one programme where both have one."""
    for model, narrowed in looked_at(extent):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, WorkspaceModel):
                yield from _strays(model, field, extent, narrowed)


def _strays(
    model: type[WorkspaceModel], field: "models.ForeignKey[models.Model]", extent: Extent, narrowed: str
) -> Iterator[Breach]:
    target = field.related_model
    key, table = quoted(field.column), model._meta.db_table
    wrong = ["b.id IS NULL", "b.workspace_id <> a.workspace_id"]
    if _has_programme(model) and _has_programme(target):
        wrong.append("b.programme_id <> a.programme_id")
    elif _has_programme(model) and target._meta.label == "programmes.Programme":
        wrong.append("b.id <> a.programme_id")
    statement = (
        f"SELECT a.{model._meta.pk.column}, a.{key} FROM {quoted(table)} a"  # noqa: S608 (names of our own models)
        f" LEFT JOIN {quoted(target._meta.db_table)} b ON b.id = a.{key}"
        f" WHERE a.workspace_id = %s AND a.{key} IS NOT NULL AND ({' OR '.join(wrong)}){narrowed}"
    )
    for pk, other in rows(statement, extent.workspace_id):
        what = f"{field.name} {other} is missing or belongs to another workspace or programme"
        yield Breach("I21", f"{table} {pk}", what)


def _has_programme(model: type[models.Model]) -> bool:
    return any(field.column == "programme_id" for field in model._meta.concrete_fields)


TABLE_CHECKS: tuple[Check, ...] = (check_whole_money, check_same_workspace)
