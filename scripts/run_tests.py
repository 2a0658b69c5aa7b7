"""`make test`: the database part on PostgreSQL, then everything on SQLite, whose closing line is the last.

Words after the command go to pytest (`make test ARGS="tests/flows -x"`). In CI (variable CI set) a missing
PostgreSQL or Chromium is an error; on a desk the part is skipped, and said so.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# Tried in this order: the variable, then what a desk or a CI image usually has.
CANDIDATES = (
    os.environ.get("MOLVA_TEST_POSTGRES", ""),
    "postgres://{user}@127.0.0.1:5432/postgres",
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://postgres:postgres@127.0.0.1:5432/postgres",
)


def find_postgres() -> str | None:
    """Address of a PostgreSQL where this person may create databases."""
    for candidate in filter(None, CANDIDATES):
        address = candidate.format(user=os.environ.get("USER") or "root")
        try:
            with psycopg.connect(address, connect_timeout=3) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return address
    return None


def pytest(name: str, arguments: list[str], **variables: str) -> int:
    """One run of pytest; its exit code, "nothing was chosen" counting as success."""
    print(f"\n== {name} ==", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *arguments, *sys.argv[1:]]
    code = subprocess.call(command, cwd=ROOT, env={**os.environ, **variables})
    return 0 if code == 5 else code


def main() -> int:
    """Run both parts; fail when either fails."""
    # Whole files, so that what a module makes is made once, in the order that tests/conftest.py has set.
    parallel = [
        "-n",
        os.environ.get("MOLVA_TEST_WORKERS", "2"),
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ]
    postgres = find_postgres()
    first = 0
    if postgres:
        first = pytest(
            "database part on PostgreSQL",
            [*parallel, "-m", "database and not browser"],
            MOLVA_TEST_DATABASE=postgres,
        )
    elif os.environ.get("CI"):
        sys.exit("CI needs PostgreSQL: set MOLVA_TEST_POSTGRES")
    else:
        print("!! no PostgreSQL at 127.0.0.1:5432 (or MOLVA_TEST_POSTGRES): that part is SKIPPED", flush=True)
    # Several workers start processes and browsers at once; two cores carry two of them (three took no less time).
    name = "everything on SQLite (the PostgreSQL part above FAILED)" if first else "everything on SQLite"
    second = pytest(name, parallel, MOLVA_TEST_DATABASE="")
    return first or second


if __name__ == "__main__":
    sys.exit(main())
