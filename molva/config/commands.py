"""The commands that run and prepare the product; each is a thin door to `processes` and `setup`."""

import sys

import click

from molva.config import processes


@click.command()
def serve() -> None:
    """Run everything: web, tracker and worker, until Ctrl C or SIGTERM.

    Brings the data folder up to this version first, and tells how to set Molva up when nobody owns it yet.
    """
    processes.serve()


@click.command()
def web() -> None:
    """Run the pages and the API only (MOLVA_WEB_BIND)."""
    processes.run_web()


@click.command()
def tracker() -> None:
    """Run the redirect of partner links only (MOLVA_TRACKER_BIND)."""
    processes.run_tracker()


@click.command()
def worker() -> None:
    """Run jobs and schedules only. Any number of workers may run at once."""
    processes.run_worker()


@click.command()
def load() -> None:
    """Load the clicks of this machine only: beside `molva tracker` on a machine without a worker."""
    processes.run_loader()


@click.command()
def migrate() -> None:
    """Bring database and static files up to this version; safe to repeat.

    Refuses a database that a newer Molva has used.
    """
    token = processes.prepare()
    click.echo("The database and the static files are up to date.")
    if token:
        click.echo(f"Nobody owns this Molva yet. Set it up by this link: {processes.setup_link(token)}")


@click.command()
def setup_link() -> None:
    """Make a new one-time link for the first owner, good for 48 hours; the earlier one stops working."""
    processes.start_django()
    from molva.workspaces.services import is_set_up, make_setup_token  # noqa: PLC0415 - needs the registry

    if is_set_up():
        raise click.ClickException(
            f"This Molva has an owner already; sign in at {processes.settings.MOLVA_URL}/"
        )
    click.echo(processes.setup_link(make_setup_token()))


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def manage(words: tuple[str, ...]) -> None:
    """Pass a command to Django: `molva manage shell`, `molva manage help`."""
    processes.start_django()
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - only this command needs it

    execute_from_command_line([f"{sys.argv[0]} manage", *words])
