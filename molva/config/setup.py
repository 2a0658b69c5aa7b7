"""Before the processes start: data folder, schema, cache table, static files, the first owner's link.

Everything here may be repeated and may be asked for by two machines at once; the second one waits and finds
it done. Runs as a process of its own (`python -m molva.config.setup`), so that the supervisor stays small.
"""

import fcntl
import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string

LOCK_NUMBER = 0x6D6F6C76  # of PostgreSQL's advisory lock
STAMP_NAME = ".sources"


class NewerSchemaError(RuntimeError):
    """The database was used by a newer Molva than this one."""


def prepare() -> None:
    """Bring everything on disk and in the database up to this version."""
    make_folders()
    with _one_at_a_time():
        bring_schema()
        import_string("molva.ledger.recount.count_days_that_are_not")()
        import_string("molva.commissions.recount.count_what_is_not_counted")()
        bring_static()


def make_folders() -> None:
    """The data folder, readable by its owner only, and the folder of uploads."""
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    Path(settings.MEDIA_ROOT).mkdir(exist_ok=True)


def bring_schema() -> None:
    """Apply new migrations and make the cache table; raises NewerSchemaError rather than spoil newer data."""
    executor = MigrationExecutor(connection)
    refuse_newer_schema(executor.loader)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        call_command("createcachetable")


def refuse_newer_schema(loader: MigrationLoader) -> None:
    """Raise NewerSchemaError when Molva's own tables have changes that this version does not know."""
    ours = {app.label for app in django.apps.apps.get_app_configs() if app.name.startswith("molva.")}
    unknown = sorted(
        f"{label}.{name}"
        for label, name in loader.applied_migrations
        if label in ours and (label, name) not in loader.disk_migrations
    )
    if unknown:
        raise NewerSchemaError(
            "This database was used by a newer Molva: it has "
            f"{', '.join(unknown)}. Install that version again, or restore a backup made before it."
        )


def is_schema_current() -> bool:
    """Whether every migration of this version is applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def bring_static() -> None:
    """Collect static files anew when any of their sources has changed; nothing to do in debug mode."""
    if settings.DEBUG:
        return
    root = Path(settings.STATIC_ROOT)
    stamp, print_now = root / STAMP_NAME, static_fingerprint()
    if stamp.is_file() and stamp.read_text() == print_now:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=root.is_dir())
    stamp.write_text(print_now)


def static_fingerprint() -> str:
    """A digest of the name, size and time of every source of static files."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = os.stat(storage.path(name))
            digest.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (settings.DATA_DIR / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:  # the other machine may have another data folder
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])


def main() -> None:
    """Prepare, then tell the supervisor in one JSON line whether the first owner needs a link."""
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # Ctrl C ends it as a kill would: every step is one transaction
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "molva.config.settings")
    django.setup()
    # Stages may be imported only now that the registry is ready.
    from molva.workspaces.services import is_set_up, make_setup_token  # noqa: PLC0415

    try:
        prepare()
    except NewerSchemaError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps({"setup_token": None if is_set_up() else make_setup_token()}) + "\n")


if __name__ == "__main__":
    main()
