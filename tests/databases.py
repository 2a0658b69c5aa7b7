"""Databases of tests: one is migrated from nothing for each state of the migrations, the others are its copies.

A migration of everything takes ten seconds of a processor, a copy takes a moment. `fresh_database` is truly empty,
for the tests in which Molva itself brings its schema.
"""

import ast
import fcntl
import functools
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import django
import psycopg
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".pytest_cache" / "d" / "migrated"
# two work trees on one server have their own databases
TREE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
POSTGRES_NAME = f"molva_migrated_{TREE}"
BRING_SCHEMA = "import django; django.setup(); from molva.config.setup import bring_schema; bring_schema()"


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The address of an empty database of the kind this run uses (MOLVA_TEST_DATABASE), gone afterwards."""
    server = os.environ.get("MOLVA_TEST_DATABASE")
    if not server:
        yield f"sqlite:///{folder / 'molva.db'}"
        return
    with _own_database(server, template="template1") as address:
        yield address


@contextmanager
def migrated_database(folder: Path) -> Iterator[str]:
    """The same with the tables of this version, and nothing in them."""
    server = os.environ.get("MOLVA_TEST_DATABASE")
    if not server:
        shutil.copy(migrated_file(), folder / "molva.db")
        yield f"sqlite:///{folder / 'molva.db'}"
        return
    with _own_database(server, template=migrated_template(server)) as address:
        yield address


@contextmanager
def migrated_memory(name: str) -> Iterator[None]:
    """SQLite in memory by a shared name (a `file:` address), with the tables of this version from now on."""
    with closing(sqlite3.connect(name, uri=True)) as memory:
        with closing(sqlite3.connect(f"file:{migrated_file()}?immutable=1", uri=True)) as kept:
            kept.backup(memory)
        yield


def migrated_file() -> Path:
    """A database file of SQLite to copy; made by the first who asks."""
    with _one_at_a_time():
        kept = KEPT / f"{schema_print()}.db"
        if not kept.exists():
            for old in KEPT.glob("*.db*"):
                old.unlink()
            half = KEPT / "half.db"
            _bring_schema(f"sqlite:///{half}")
            half.rename(kept)
    return kept


def migrated_template(server: str) -> str:
    """The name of a database to copy on a PostgreSQL; its comment says of which migrations it is."""
    with _one_at_a_time(), psycopg.connect(server, autocommit=True) as admin:
        row = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [POSTGRES_NAME],
        ).fetchone()
        if row != (schema_print(),):
            admin.execute(f"DROP DATABASE IF EXISTS {POSTGRES_NAME} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {POSTGRES_NAME}")
            _bring_schema(f"{server.rpartition('/')[0]}/{POSTGRES_NAME}")
            admin.execute(f"COMMENT ON DATABASE {POSTGRES_NAME} IS '{schema_print()}'")
    return POSTGRES_NAME


@functools.cache
def schema_print() -> str:
    """A digest of all that makes the schema: every migration, what of ours they import, Django's version."""
    digest = hashlib.sha256(django.__version__.encode())
    migrations = (Path(config.path).glob("migrations/*.py") for config in apps.get_app_configs())
    for path in sorted(_with_imports(path for found in migrations for path in found)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _with_imports(files: Iterable[Path]) -> set[Path]:
    """The files and all modules of Molva that they import, and those in their turn."""
    waiting, found = list(files), set()
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            waiting += [ROOT / f"{name.replace('.', '/')}.py" for name in names if name.startswith("molva.")]
    return found


@contextmanager
def _own_database(server: str, *, template: str) -> Iterator[str]:
    name = f"molva_own_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield f"{server.rpartition('/')[0]}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Workers of a run, and runs of a tree, wait for the one that migrates."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bring_schema(address: str) -> None:
    """All migrations on an empty database, in a process with the product's own settings."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("MOLVA_")}
    environ |= {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "molva.config.settings"}
    with tempfile.TemporaryDirectory(prefix="molva-test-") as data:
        environ |= {"MOLVA_DATA": data, "MOLVA_SECRET_KEY": "only-for-tests-" * 4}
        subprocess.run([sys.executable, "-c", BRING_SCHEMA], env=environ, cwd=ROOT, check=True)
