"""What becomes of click files when their day is over, as far as the tracker must know it: sealed copies, dropped days.

`clicks-20261124.parquet` beside `clicks-20261124.db` holds every click of that file up to the id that its footer names;
the list `dropped` has files whose clicks are kept no longer, each with its last id. So whoever gives out ids can start
above both: a click that comes late, because a clock was behind, opens a file of its day anew and is missed by nobody.
Like `clickfile`, this module knows neither Django nor a Parquet library.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

SEALED = ".parquet"
SEALED_KEY = "molva_sealed"  # of the footer's words
DROPPED = "dropped"
_WORDS = "last_id={:019d};"
_PATTERN = re.compile(rb"last_id=(\d{19});")
_NAME = re.compile(r"clicks-(\d{8}(?:-\d{1,4})?)\.(?:db|parquet)")


def stem_of(name: str) -> str | None:
    """«20261124», or «20261124-5» of tracker node 5: what a click file and its sealed copy have in common."""
    found = _NAME.fullmatch(name)
    return found[1] if found else None


def list_sealed(folder: Path) -> Iterator[Path]:
    """All sealed files, in the order of their days."""
    return (path for path in sorted(folder.glob(f"clicks-*{SEALED}")) if stem_of(path.name))


def sealed_words(last: int) -> str:
    """What a sealed file whose highest id is `last` says under `SEALED_KEY`."""
    return _WORDS.format(last)


def sealed_last_id(path: Path) -> int:
    """The highest click id of a sealed file by its footer, 0 when there is no such file.

    Raises ValueError when it is not a whole file of ours.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 8))
            tail = file.read(8)
            if tail[4:] != b"PAR1":
                raise ValueError(f"{path.name} is not a whole Parquet file")
            length = min(int.from_bytes(tail[:4], "little"), size - 8)
            file.seek(size - 8 - length)
            found = _PATTERN.search(file.read(length))
    except FileNotFoundError:
        return 0
    if not found:
        raise ValueError(f"{path.name} does not say which clicks it holds")
    return int(found[1])


def dropped_files(folder: Path) -> dict[str, int]:
    """Stems of files whose clicks were dropped, each with the highest id that it had."""
    try:
        lines = (folder / DROPPED).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    return {stem: int(last) for stem, _, last in (line.partition(" ") for line in lines)}


def note_dropped(folder: Path, files: Mapping[str, int]) -> None:
    """Add stems to the list of dropped ones, durably; call it before their files go."""
    draft = folder / f"{DROPPED}.part"
    with draft.open("w", encoding="ascii") as file:
        everything = {**dropped_files(folder), **files}
        file.writelines(f"{stem} {last}\n" for stem, last in sorted(everything.items()))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / DROPPED)
    sync_folder(folder)


def past_last_id(path: Path) -> int:
    """The highest id that was ever sealed or dropped of a click file, 0 when none was."""
    stem = stem_of(path.name) or ""
    return max(sealed_last_id(path.with_suffix(SEALED)), dropped_files(path.parent).get(stem, 0))


def drop_file(path: Path, *, last_id: int) -> bool:
    """Remove a click file with its -wal and -shm; False, and nothing is done, when another process has it open or it
    holds a click above `last_id`.

    Whoever has a file in WAL mode open keeps a shared lock on it, so only who is alone can leave that mode; the lock is
    then held until the name is gone, and a writer who waits for it finds out in `clickfile.open_for_writing`.
    """
    address = f"{path.resolve().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=1.0, isolation_level=None)
    try:
        if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
            return False
        connection.execute("BEGIN EXCLUSIVE")
        has_table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'clicks'").fetchone()
        if has_table and (connection.execute("SELECT max(id) FROM clicks").fetchone()[0] or 0) > last_id:
            return False
        path.unlink()
        for ending in ("-wal", "-shm"):  # gone with the mode already; a copied folder may have strays
            path.with_name(path.name + ending).unlink(missing_ok=True)
        sync_folder(path.parent)
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def sync_folder(folder: Path) -> None:
    """A new file name survives a power cut only when its folder has been synced too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
