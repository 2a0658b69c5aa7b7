"""One word per concept: the refused words of docs/glossary.md, and phrases that no text of ours uses."""

import re
from pathlib import Path

import pytest

from tests.house.tree import PACKAGE, ROOT, files, name

# What the right word is stands in docs/glossary.md.
REFUSED = {
    "program", "affiliate", "publisher", "enrolment", "upline", "tariff", "reflink", "coupon", "voucher",
    "referral", "reversal", "storno", "withdrawal", "cashout", "wallet", "requisites", "mailing", "portal",
}  # fmt: skip
# Names that others gave to their things, where we must use them; each with its reason.
ALLOWED = {
    "coupon": (
        "molva/integrations/sources/",
        "molva/demo/shop/",  # fields of a shop's order
        "molva/web/public/static/public/storefront.js",  # what themes of a shop call it
    ),
}
BAD_RUSSIAN = (
    "успешно", "произведен", "произведён", "осуществ", "данный ", "данная ", "данное ", "в случае если",
    "произошла ошибка", "уважаем", "реферал", "холд",
)  # fmt: skip
BAD_ENGLISH = ("oops", "please", "successfully", "invalid")


def words_of(text: str) -> set[str]:
    """Lower-case words of a text; `snake_case` and `CamelCase` names are taken apart, plurals made single."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)
    lowered = {part.lower() for part in parts} | {word.lower() for word in re.findall(r"[A-Za-z]+", text)}
    return lowered | {word[:-1] for word in lowered if word.endswith("s")}


def refused_in(path: Path) -> list[str]:
    """Where a file uses a refused word."""
    words = {word for word in REFUSED if not name(path).startswith(ALLOWED.get(word, ("-",)))}
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return [f"{name(path)}:{number}: {word}" for number, line in lines for word in words_of(line) & words]


def test_no_refused_word_in_the_package() -> None:
    texts = files("*.py", "*.html", "*.txt", "*.po", "*.css", "*.js", "*.svg", "*.liquid")
    # icons.txt keeps the names that the icon library gave.
    assert [place for path in texts if path.name != "icons.txt" for place in refused_in(path)] == []


def test_no_refused_word_in_a_file_name() -> None:
    named = {name(path) for path in files("*") if words_of(name(path)) & REFUSED}
    assert named == set()


def test_every_refused_word_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    bold = set(re.findall(r"\*\*([a-z]+)\*\*", glossary))
    assert bold == REFUSED


@pytest.mark.parametrize("phrase", BAD_RUSSIAN)
def test_russian_texts_speak_plainly(phrase: str) -> None:
    texts = [*files("*.po", "*.html", "*.txt", "*.py"), ROOT / "README.ru.md"]
    assert [name(path) for path in texts if phrase in path.read_text(encoding="utf-8").lower()] == []


def test_english_source_strings_speak_plainly() -> None:
    texts = re.findall(
        r'^msgid "(.+)"$',
        (PACKAGE / "locale/ru/LC_MESSAGES/django.po").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [text for text in texts if set(re.findall(r"[a-z]+", text.lower())) & set(BAD_ENGLISH)] == []


def test_no_text_names_a_folder_of_one_machine() -> None:
    pattern = re.compile(r"(?<![\w.:{}])/(?:home|root|Users|work)/\w")
    texts = files(
        "*.py", "*.md", "*.html", "*.toml", "*.yaml", "*.po", "*.css", "*.js", "Makefile", "run", under=ROOT
    )
    assert [name(path) for path in texts if pattern.search(path.read_text(encoding="utf-8"))] == []
