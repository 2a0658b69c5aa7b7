"""DuckDB inside this process, fenced in: files of the click folder only, no network, no extensions, a memory limit.

One database a process and folder, so that all questions share the limit; each question has a cursor of its own. The
package is the extra `columns` and is imported at the first use.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from molva.tracking.columns.errors import NoAnswerError

if TYPE_CHECKING:
    import duckdb

MEMORY = "512MB"
THREADS = 2
SECONDS = 20.0  # that one question may take


def is_installed() -> bool:
    """Whether the extra `columns` is there."""
    return find_spec("duckdb") is not None


@contextmanager
def session(folder: Path, *, seconds: float = SECONDS) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A cursor for one question; raises NoAnswerError when it takes longer or needs more memory than allowed."""
    import duckdb  # noqa: PLC0415 - the extra «columns»

    cursor = _database(folder, os.getpid()).cursor()
    alarm = threading.Timer(seconds, cursor.interrupt)
    alarm.daemon = True
    alarm.start()
    try:
        yield cursor
    except duckdb.InterruptException as problem:
        raise NoAnswerError("slow") from problem
    except duckdb.OutOfMemoryException as problem:
        raise NoAnswerError("large", str(problem)) from problem
    finally:
        alarm.cancel()
        cursor.close()


@lru_cache(maxsize=4)
def _database(folder: Path, process: int) -> "duckdb.DuckDBPyConnection":
    """Opened once in a process; a forked one must not use its parent's threads."""
    import duckdb  # noqa: PLC0415 - the extra «columns»

    room = Path(tempfile.gettempdir()) / f"molva-columns-{process}"
    database = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY,
            "threads": str(THREADS),
            "temp_directory": str(
                room
            ),  # where a sort that does not fit goes; made when needed, removed after
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        },
    )
    # the footers of a month of days cost as much as a partner's question
    database.execute("SET parquet_metadata_cache = true")
    # by its own name and, when it is a link to a larger disk, by the place it leads to
    allowed = ", ".join("'{}'".format(str(one).replace("'", "''")) for one in (folder, folder.resolve()))
    database.execute(f"SET allowed_directories = [{allowed}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database
