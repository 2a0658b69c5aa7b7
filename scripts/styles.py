"""Joins the stylesheets of `molva/web/ui/styles/` into the few files a page asks for.

One request instead of a dozen, with nothing to install: comments and spare blanks go, rules stay.
`--check` fails when a written file is older than its sources (a house test runs it).
"""

import argparse
import re
import sys
from pathlib import Path

UI = Path(__file__).resolve().parent.parent / "molva/web/ui"
STYLES = UI / "styles"
OUT = UI / "static/ui"

SCREEN = [
    "tokens", "base", "layout", "parts", "lists", "choices", "forms", "floats", "tables", "signs", "figures", "charts",
    "office", "cabinet", "print",
]  # fmt: skip
BUNDLES = {
    "molva.css": [f"{name}.css" for name in SCREEN],
    "landing-letter.css": ["landing/base.css", "landing/form.css", "landing/letter.css"],
    "landing-counter.css": ["landing/base.css", "landing/form.css", "landing/counter.css"],
    "landing-studio.css": ["landing/base.css", "landing/form.css", "landing/studio.css"],
}


def squeeze(text: str) -> str:
    """The same rules without comments and spare blanks, one rule a line."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    text = re.sub(r"(?<=[a-z-]): ", ":", text)
    return text.replace(";}", "}").replace("}", "}\n").replace("\n}", "}").strip() + "\n"


def bundle(names: list[str]) -> str:
    """Text of one output file."""
    return squeeze("\n".join((STYLES / name).read_text() for name in names))


def main() -> int:
    """Write the bundles, or with --check say which of them are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args().check
    stale = [name for name, parts in BUNDLES.items() if not _same(OUT / name, bundle(parts))]
    if check:
        sys.stdout.write("".join(f"stale, run scripts/styles.py: {name}\n" for name in stale))
        return 1 if stale else 0
    for name in stale:
        (OUT / name).write_text(bundle(BUNDLES[name]))
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
