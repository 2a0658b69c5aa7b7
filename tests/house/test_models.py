"""Every table belongs to a workspace by a direct key, or is listed with the reason why it does not."""

import re

from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

from molva.workspaces.scoping import WorkspaceModel
from tests.house.tree import PACKAGE, files, name

GLOBAL_TABLES = {
    "workspaces.User": "a person may be staff of one workspace and a partner of another",
    "workspaces.Workspace": "is the tenant",
    "workspaces.SetupToken": "comes before the first workspace",
    "jobs.Job": "work of the whole installation; the workspace is an argument",
    "jobs.ScheduleTick": "timetable of the whole installation",
    "jobs.WorkerBeat": "signs of life of the processes",
    "integrations.ApiWindow": "a shop counts calls by key, and a key may be tried before it is anybody's",
    "integrations.AppInstall": "an application is installed before there is a workspace for the shop",
    "tracking.IngestMark": "click files hold the clicks of all workspaces",
    "tracking.TrackerNode": "a machine takes the clicks of all workspaces",
}
# Doors that must find the workspace before its scope can be opened, and work that goes through all of them.
UNSCOPED_ALLOWED = {
    "molva/workspaces/scoping.py": "defines it",
    "molva/workspaces/services.py": "finds the workspaces of a person",
    "molva/workspaces/access.py": "finds the workspaces of a person",
    "molva/web/office/home.py": "the set-up link and the sign-in tell which workspace it is",
    "molva/programmes/codes.py": "addresses of public pages are unique in the whole installation",
    "molva/web/office/access.py": "the person and the address tell which workspace it is",
    "molva/web/cabinet/access.py": "the person and the address tell which workspace it is",
    "molva/web/public/accounts.py": "leads a person who has signed in to his place",
    "molva/programmes/email_change.py": "a letter and a person's own e-mail belong to no workspace",
    "molva/web/public/access.py": "the code in a public address tells which workspace it is",
    "molva/commissions/postings.py": "timetable: finds what is due in all workspaces, then opens each scope",
    "molva/tracking/services.py": "codes in public addresses are unique in the whole installation",
    "molva/config/away.py": "codes in public addresses are unique in the whole installation",
    "molva/tracking/ingest.py": "click files hold the clicks of all workspaces",
    "molva/tracking/tally.py": "click files hold the clicks of all workspaces",
    "molva/tracking/recount.py": "click files hold the clicks of all workspaces",
    "molva/tracking/forgetting.py": "timetable: forgets what is old in all workspaces",
    "molva/tracking/columns/hot.py": "click files know partners only; a question names its programme, told by who asks",
    "molva/tracking/columns/upkeep.py": "click files hold the clicks of all workspaces",
    "molva/commissions/recount.py": "upgrade: goes through all programmes, then opens each scope",
    "molva/commissions/jobs.py": "timetable: finds rows of all workspaces, then opens each scope",
    "molva/integrations/entry.py": "asks whether a person has a place in another company",
    "molva/config/recounting.py": "an operator's command goes through all programmes, then opens each scope",
    "molva/config/operator.py": "an operator's command lists the shops of all workspaces",
    "molva/integrations/subscriptions.py": "timetable, and a secret in an address: finds rows, then opens each scope",
    "molva/selftest/runs.py": "timetable: finds programmes of all workspaces, then opens each scope",
    "molva/integrations/polling.py": "timetable: finds connections of all workspaces, then opens each scope",
    "molva/integrations/connecting.py": "timetable: finds connections of all workspaces, then opens each scope",
    "molva/integrations/setup.py": "timetable: finds connections of all workspaces, then opens each scope",
    "molva/web/apps/widget.py": "the key of the widget, or its signed reference, tells which workspace it is",
    "molva/integrations/code_checks.py": "timetable: finds connections of all workspaces",
    "molva/integrations/codes.py": "timetable: finds codes and connections of all workspaces",
    "molva/web/hooks/views.py": "the secret in the address tells which workspace it is",
    "molva/tracking/addresses.py": "timetable: finds addresses of all workspaces, then opens each scope",
    "molva/reports/longwork.py": "the queue goes through all workspaces, then opens the scope of each",
    "molva/reports/exports.py": "the queue of files goes through all workspaces, then opens the scope of each",
    "molva/ledger/recount.py": "upgrade: goes through all programmes, then opens each scope",
    "molva/whatif/runs.py": "the queue of what-ifs goes through all workspaces, then opens the scope of each",
    "molva/ledger/chain.py": "proves the books of a live database, workspace by workspace",
}


def our_models() -> list[type[models.Model]]:
    """Concrete models of Molva."""
    return [model for model in apps.get_models() if model.__module__.startswith("molva.")]


def test_every_table_has_a_direct_workspace_key() -> None:
    strangers = [
        model._meta.label
        for model in our_models()
        if model._meta.label not in GLOBAL_TABLES and not issubclass(model, WorkspaceModel)
    ]
    assert strangers == []


def test_no_many_to_many_table_escapes_the_workspace() -> None:
    made = [
        field.name
        for model in our_models()
        if model._meta.label != "workspaces.User"
        for field in model._meta.local_many_to_many
        if field.remote_field.through._meta.auto_created
    ]
    assert made == []


def test_managers_of_workspace_tables_are_the_scoped_ones() -> None:
    for model in our_models():
        if issubclass(model, WorkspaceModel):
            assert model._meta.default_manager.name == "objects", model._meta.label


def test_unscoped_reads_stand_only_in_listed_files() -> None:
    found = [
        name(path)
        for path in files("*.py")
        if re.search(r"\.unscoped\b|_base_manager\b", path.read_text(encoding="utf-8"))
        and name(path) not in UNSCOPED_ALLOWED
        and "/migrations/" not in name(path)  # an upgrade changes the rows of all workspaces
    ]
    assert found == []


def test_money_is_integer_minor_units() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.local_fields
        if field.get_internal_type() in {"DecimalField", "FloatField"}
        or (field.name.endswith("_minor") and not isinstance(field, models.BigIntegerField))
    ]
    assert wrong == []


def test_migrations_are_linear() -> None:
    """One chain an app: no forks to merge, numbers without a gap."""
    crooked = {}
    for folder in sorted(PACKAGE.glob("*/migrations")):
        numbers = [int(path.name[:4]) for path in sorted(folder.glob("[0-9]*.py"))]
        if numbers != list(range(1, len(numbers) + 1)):
            crooked[name(folder)] = numbers
    assert crooked == {}
    leaves = {
        app.label: MigrationLoader(None).graph.leaf_nodes(app.label)
        for app in apps.get_app_configs()
        if app.name.startswith("molva.")
    }
    assert {label: nodes for label, nodes in leaves.items() if len(nodes) > 1} == {}


def test_migrations_can_be_undone_or_say_why_not() -> None:
    silent = [
        name(path)
        for path in PACKAGE.glob("*/migrations/0*.py")
        for call in re.findall(r"RunPython\((.*?)\)\s*,?\n", path.read_text(encoding="utf-8"), re.DOTALL)
        if "," not in call and "reverse" not in call
    ]
    assert silent == []
