"""`molva recount`: sums that are kept for reports, made anew from what they stand for.

The way out when `molva check` finds that a figure is not the sum of its orders, or when a report of clicks is doubted.
"""

from datetime import datetime

import click

from molva.commissions.recount import recount as recount_orders
from molva.ledger.recount import recount_days
from molva.programmes.models import Programme
from molva.tracking.clickfile import ClickFileMissingError
from molva.tracking.recount import rebuild_day
from molva.workspaces.scoping import scope


@click.command()
@click.option(
    "--day", "days", multiple=True, type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Count the clicks of this day anew from the raw ones; may be repeated.",
)  # fmt: skip
@click.option(
    "--programme", "code", default="", metavar="CODE", help="Count the orders of this programme only."
)
def recount(days: tuple[datetime, ...], code: str) -> None:
    """Make the sums of reports anew: of orders and commissions from the books, with --day of clicks.

    Books, orders and clicks themselves are not changed. Each programme is one transaction: with many orders choose a
    quiet hour.
    """
    if days:
        for day in days:
            _recount_day(day)
        return
    programmes = list(Programme.unscoped.filter(**({"code": code} if code else {})).order_by("pk"))
    if code and not programmes:
        raise click.ClickException(f"there is no programme {code}")
    for programme in programmes:
        with scope(programme.workspace_id):
            click.echo(
                f"{programme.code}: {recount_days(programme)} transactions of the books counted by day"
            )
            click.echo(f"{programme.code}: orders of {recount_orders(programme)} customers counted")


def _recount_day(day: datetime) -> None:
    try:
        wrong = rebuild_day(day.date())
    except ClickFileMissingError as problem:
        raise click.ClickException(
            f"{day:%Y-%m-%d}: the raw clicks are kept no longer ({problem}); the stored counts stay"
        ) from problem
    click.echo(f"{day:%Y-%m-%d}: {wrong} rows put right")
