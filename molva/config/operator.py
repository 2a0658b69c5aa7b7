"""Commands of an operator who offers Molva to many shops."""

import click

from molva.integrations.base import PlugError
from molva.integrations.models import AppInstall, Subscription
from molva.integrations.subscriptions import access_of, give_days
from molva.kit import clock


@click.command()
@click.option("--give", "host", default="", help="Give free days to the shop of this host.")
@click.option("--days", default=0, type=click.IntRange(0, 366), help="How many.")
def shops(host: str, days: int) -> None:
    """List the shops that have installed Molva, and give free days."""
    if host:
        _give(host, days)
        return
    access = {
        one.connection_id: access_of(one, clock.now()).value
        for one in Subscription.unscoped.select_related("connection__programme")
    }
    for install in AppInstall.objects.order_by("pk"):
        click.echo(
            f"{install.external_id}\t{install.host}\t{install.state}\t{access.get(install.connection_id or 0, '-')}"
        )


def _give(host: str, days: int) -> None:
    if not days:
        raise click.UsageError("--give wants --days, 1 or more")
    try:
        found = give_days(host=host, days=days)
    except Subscription.DoesNotExist as problem:
        raise click.ClickException(f"no shop {host} has a subscription here") from problem
    except PlugError as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{host}: paid till {found.paid_till}")
