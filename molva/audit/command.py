"""`molva check`: is everything in the books as promised? Lines for people, JSON for machines, exit 1 on a breach."""

import json
from dataclasses import asdict

import click

from molva.audit.runner import run_checks
from molva.workspaces.models import Workspace


@click.command()
@click.option("--workspace", type=int, help="Number of one workspace; all of them without it.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead of lines.")
def check(workspace: int | None, *, as_json: bool) -> None:
    """Verify every invariant of the books on the live database, changing nothing.

    Prints each breach with the row it was found in. Exit code 0: none, 1: some, 2: the question was wrong.
    """
    if workspace is not None and not Workspace.objects.filter(pk=workspace).exists():
        raise click.UsageError(f"there is no workspace {workspace}")
    breaches = run_checks(workspace)
    if as_json:
        document = {"sound": not breaches, "breaches": [asdict(breach) for breach in breaches]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    elif breaches:
        for breach in breaches:
            click.echo(str(breach))
        click.echo(f"Breaches: {len(breaches)}.", err=True)
    else:
        click.echo("Everything holds.")
    raise SystemExit(1 if breaches else 0)
