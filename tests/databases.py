"""Empty databases for tests that start processes of their own."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The address of an empty database of the kind this run uses (MOLVA_TEST_DATABASE), gone afterwards."""
    server = os.environ.get("MOLVA_TEST_DATABASE")
    if not server:
        yield f"sqlite:///{folder / 'molva.db'}"
        return
    name = f"molva_own_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
