"""Every English source string has its Russian one, whole, and the compiled catalogue is of today."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.tree import ROOT


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages_tool", ROOT / "scripts/messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogue_is_complete(tool: ModuleType) -> None:
    _text, _compiled, problems = tool.build()
    assert problems == []


def test_the_catalogue_in_the_tree_is_of_today(tool: ModuleType) -> None:
    text, compiled, _problems = tool.build()
    assert tool.TARGET.read_bytes() == text, "run: make messages"
    assert tool.COMPILED.read_bytes() == compiled, "run: make messages"


def test_a_template_is_read_with_its_plurals_and_contexts(tool: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}\n    <p title="{% translate "It\'s here" %}">\n  unbalanced ( "\n'
        '{% translate "May" context "month" %} {{ _("plain") }}\n'
        "{% blocktranslate count n=n trimmed %}\n  one {{ n }}\n{% plural %}\n  many {{ n }}\n"
        "{% endblocktranslate %}",
        encoding="utf-8",
    )
    assert tool.strings_of(page) == [
        ("It's here", None),
        ("May", "month"),
        ("plain", None),
        (("one %(n)s", "many %(n)s"), None),
    ]


@pytest.mark.parametrize(
    ("source", "strings", "fault"),
    [
        ("Order %(number)s", "Заказ %(number)s", None),
        ("Order %(number)s", "Заказ", "placeholders differ: ['number'] and []"),
        ("Order", "", "empty translation"),
        (("%(n)s day", "%(n)s days"), ("%(n)s день", "%(n)s дня", "%(n)s дней"), None),
        (("%(n)s day", "%(n)s days"), ("один день", "%(n)s дня", "%(n)s дней"), None),
        (("%(n)s day", "%(n)s days"), ("%(n)s день", "%(n)s дня"), "2 plural forms, Russian has 3"),
        (("%(n)s day", "%(n)s days"), ("%(n)s день", "%(n)s дня", ""), "empty translation"),
    ],
)
def test_a_faulty_translation_is_named(
    tool: ModuleType, source: str | tuple[str, str], strings: str | tuple[str, ...], fault: str | None
) -> None:
    message = tool.Message(source, strings)
    assert tool.fault((source, None), message) == fault


def test_a_missing_translation_is_named(tool: ModuleType) -> None:
    assert tool.fault(("Order", None), None) == "no Russian translation"
