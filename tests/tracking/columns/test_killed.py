"""Sealing killed for real, at moments spread over the whole of it: nothing is lost, and the next run ends it."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from molva.tracking import clickfile, sealedfile
from tests.tracking.columns.sample import DAYS, make_clicks, write_clicks
from tests.tracking.columns.test_words import ENVIRONMENT

COUNT = 20_000
ROUNDS = 8
SEAL = """
import sys
from pathlib import Path
from molva.tracking.columns.sealing import clear_drafts, seal_file
from molva.tracking.columns.words import Countries
from molva.tracking.sealedfile import drop_file
raw, last = Path(sys.argv[1]), int(sys.argv[2])
import duckdb, ua_parser
ua_parser.parse_os("Mozilla/5.0")
print("ready", flush=True)
clear_drafts(raw.parent)
if raw.exists():
    seal_file(raw, loaded=last, programmes={1: 5}, countries=Countries(""))
    assert drop_file(raw, last_id=last)
"""


def start(raw: Path, last: int) -> subprocess.Popen[str]:
    """A process that is about to seal."""
    process = subprocess.Popen(
        [sys.executable, "-c", SEAL, str(raw), str(last)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    clicks = make_clicks([1, 2, 3], [7, 8], COUNT)
    master, folder = tmp_path / "master", tmp_path / "clicks"
    master.mkdir()
    write_clicks(master, clicks)
    ids = sorted(click.id for click in clicks if clickfile.file_of(click.id) == f"clicks-{DAYS[0]}.db")
    raw = folder / f"clicks-{DAYS[0]}.db"
    sealed = raw.with_suffix(".parquet")

    def fresh() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(master / raw.name, raw)

    def sealed_ids() -> list[int]:
        words = f"SELECT epoch_us(clicked_at) << 11 | node FROM '{sealed}' ORDER BY 1"  # noqa: S608 - a path of the test
        return [one for (one,) in duckdb.sql(words).fetchall()]

    fresh()
    process = start(raw, ids[-1])
    began = time.perf_counter()
    assert process.wait() == 0
    length = time.perf_counter() - began
    states = set()
    for number in range(ROUNDS):
        fresh()
        process = start(raw, ids[-1])
        time.sleep(length * number / (ROUNDS - 1))
        process.kill()
        process.wait()
        states.add((raw.exists(), sealed.exists()))
        assert raw.exists() or sealed.exists()
        if sealed.exists():
            assert sealed_ids() == ids
        if raw.exists():
            assert clickfile.last_id(raw) == ids[-1]
        assert start(raw, ids[-1]).wait() == 0
        assert (raw.exists(), sealed_ids(), sealedfile.sealed_last_id(sealed)) == (False, ids, ids[-1])
        assert sorted(path.name for path in folder.iterdir()) == [sealed.name]
    assert (True, False) in states
