"""`make messages`: gathers the English source strings, joins the Russian fragments, writes django.po and .mo.

Each room keeps its own `molva/locale/ru/fragments/<room>.po`. Pure Python (Babel), so that a fresh machine
needs no gettext binaries. `--check` writes nothing and fails when anything is missing or out of date.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "molva"
LOCALE = PACKAGE / "locale/ru"
TARGET = LOCALE / "LC_MESSAGES/django.po"
COMPILED = TARGET.with_suffix(".mo")
HEADER = "# Made by `make messages` from fragments/*.po; edit those."

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|(?<!%)%([sd])|\{(\w*)\}")
# An attribute of a component that is evaluated: the template reader cannot see a source string there.
HIDDEN_STRING = re.compile(r"\s:[\w-]+=\"[^\"]*\b_\(")

Key = tuple[str | tuple[str, ...], str | None]


class PlainCatalog(Catalog):
    """A catalogue without day and person in its header: the same sources give the same bytes."""

    mime_headers = (
        ("Project-Id-Version", "Molva"),
        ("Language", "ru"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "8bit"),
        ("Plural-Forms", Catalog(locale="ru").plural_forms),
    )


def source_text(path: Path) -> str:
    """A source file as Python text that Babel can read."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    # What is left of a template has indents that mean nothing, but would stop Python's reader.
    return "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())


def source_files() -> Iterator[Path]:
    """Every file that may hold a source string."""
    for pattern in ("*.py", "*.html", "*.txt"):
        for path in sorted(PACKAGE.rglob(pattern)):
            if "static" not in path.parts and "migrations" not in path.parts:
                yield path


def strings_of(path: Path) -> list[Key]:
    """The source strings of one file, in their order."""
    text = io.BytesIO(source_text(path).encode())
    return [
        (message, context)
        for _line, message, _comments, context in extract("python", text, KEYWORDS)
        if message
    ]


def gather() -> tuple[dict[Key, list[str]], list[str]]:
    """All source strings with their files, and those that stand where no reader sees them."""
    found: dict[Key, list[str]] = {}
    problems: list[str] = []
    for path in source_files():
        name = str(path.relative_to(ROOT))
        if path.suffix == ".html" and HIDDEN_STRING.search(path.read_text(encoding="utf-8")):
            problems.append(
                f"{name}: a source string inside a :attribute is never translated; use a plain attribute"
            )
        for key in strings_of(path):
            files = found.setdefault(key, [])
            if name not in files:
                files.append(name)
    return found, problems


def key_of(message: Message) -> Key:
    """How a message is told from others: its text (with the plural one) and context."""
    identity = message.id
    return (tuple(identity) if isinstance(identity, (list, tuple)) else identity, message.context)


def read_fragments() -> tuple[dict[Key, Message], list[str]]:
    """Translations of all rooms, and where two rooms disagree or one is in doubt."""
    merged: dict[Key, Message] = {}
    owner: dict[Key, str] = {}
    problems: list[str] = []
    for path in sorted((LOCALE / "fragments").glob("*.po")):
        try:
            with path.open("rb") as file:
                catalogue = read_po(file, locale="ru", abort_invalid=True)
        except (PoFileError, ValueError) as error:
            problems.append(f"{path.name}: {error}")
            continue
        for message in catalogue:
            if not message.id:
                continue
            key = key_of(message)
            if message.fuzzy:
                problems.append(f"{path.name}: fuzzy: {message.id!r}")
            if key in merged and merged[key].string != message.string:
                problems.append(f"{path.name}: {message.id!r} is translated otherwise in {owner[key]}")
            merged.setdefault(key, message)
            owner.setdefault(key, path.name)
    return merged, problems


def places(text: str) -> set[str]:
    """Names of the placeholders in a string."""
    return {"".join(groups) or "{}" for groups in PLACEHOLDER.findall(text)}


def fault(key: Key, message: Message | None) -> str | None:
    """What is wrong with the translation of one source string."""
    if message is None:
        return "no Russian translation"
    sources = key[0] if isinstance(key[0], tuple) else (key[0],)
    strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    if isinstance(key[0], tuple) and len(strings) != 3:
        return f"{len(strings)} plural forms, Russian has 3"
    if not all(strings):
        return "empty translation"
    wanted = set().union(*map(places, sources))
    for string in strings:
        # A plural form may leave the number out («один заказ»); a plain string keeps every placeholder.
        if places(string) - wanted or (len(sources) == 1 and places(string) != wanted):
            return f"placeholders differ: {sorted(wanted)} and {sorted(places(string))}"
    return None


def build() -> tuple[bytes, bytes, list[str]]:
    """The catalogue as .po and .mo, and everything wrong with it."""
    sources, problems = gather()
    translations, more = read_fragments()
    problems += more
    catalogue = PlainCatalog(locale="ru", header_comment=HEADER, fuzzy=False)
    for key in sorted(sources, key=str):
        wrong = fault(key, translations.get(key))
        if wrong:
            problems.append(f"{sources[key][0]}: {key[0]!r}: {wrong}")
        if key in translations:
            locations = [(name, None) for name in sorted(sources[key])]
            catalogue.add(key[0], translations[key].string, locations=locations, context=key[1])
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalogue, width=110, include_lineno=False, sort_output=False)
    write_mo(compiled, catalogue)
    unused = sorted(str(key[0]) for key in translations.keys() - sources.keys())
    problems += [f"no source has this string any more: {text!r}" for text in unused]
    return text.getvalue(), compiled.getvalue(), problems


def main() -> int:
    """Write or check the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail when anything is to be done"
    )
    arguments = parser.parse_args()
    settings.configure(USE_I18N=True)
    text, compiled, problems = build()
    for path, content in ((TARGET, text), (COMPILED, compiled)):
        if path.exists() and path.read_bytes() == content:
            continue
        if arguments.check:
            problems.append(f"{path.relative_to(ROOT)} is out of date; run: make messages")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
