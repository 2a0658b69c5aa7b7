"""The files of the project, as the house rules read them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "molva"
SKIPPED = {".git", ".venv", "__pycache__", ".data", ".demo", "data", "node_modules"}


def files(*patterns: str, under: Path = PACKAGE) -> Iterator[Path]:
    """Files below a folder that match a pattern, without what others made (vendor) or what is built."""
    for pattern in patterns:
        for path in sorted(under.rglob(pattern)):
            parts = set(path.relative_to(ROOT).parts)
            hidden = any(part.startswith(".") and part != ".ci" for part in parts)
            if path.is_file() and not hidden and not parts & {*SKIPPED, "vendor"}:
                yield path


def name(path: Path) -> str:
    """How a file is called in a message."""
    return path.relative_to(ROOT).as_posix()
