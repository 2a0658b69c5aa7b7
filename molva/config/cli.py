"""The command `molva`: each command is imported when it is called, so that `--help` answers at once."""

import importlib
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Entry:
    """Where a command lives and its line in the help."""

    path: str  # package.module:object
    summary: str
    needs_django: bool = False


COMMANDS = {
    "serve": Entry("molva.config.commands:serve", "Run everything: web, tracker and worker."),
    "demo": Entry("molva.config.demo:demo", "Run a sample programme with a shop beside it."),
    "web": Entry("molva.config.commands:web", "Run the pages and the API only."),
    "tracker": Entry("molva.config.commands:tracker", "Run the redirect of partner links only."),
    "worker": Entry("molva.config.commands:worker", "Run jobs and schedules only."),
    "load": Entry("molva.config.commands:load", "Load the clicks of a machine that runs only a tracker."),
    "migrate": Entry("molva.config.commands:migrate", "Bring database and static files up to this version."),
    "setup-link": Entry("molva.config.commands:setup_link", "Make a new one-time link for the first owner."),
    "simulate": Entry(
        "molva.simulate.command:simulate", "Settle a history given as JSON, without a database."
    ),
    "check": Entry(
        "molva.audit.command:check", "Verify the books and every other promise.", needs_django=True
    ),
    "recount": Entry(
        "molva.config.recounting:recount",
        "Make the sums of reports anew from books and clicks.",
        needs_django=True,
    ),
    "to-postgres": Entry(
        "molva.config.moving:to_postgres", "Move everything from SQLite to PostgreSQL.", needs_django=True
    ),
    "shops": Entry(
        "molva.config.operator:shops", "List the shops of an operator, give free days.", needs_django=True
    ),
    "manage": Entry("molva.config.commands:manage", "Pass a command to Django (for example: manage shell)."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if entry.needs_django:
            importlib.import_module("molva.config.processes").start_django()
        module, _, name = entry.path.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="molva", prog_name="molva")
def main() -> None:
    """Molva: partner programmes for online shops. Settings come from the environment (docs/settings.md)."""
