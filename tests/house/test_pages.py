"""Templates and scripts: nothing inline (the policy of the pages forbids it), nothing from a foreign host."""

import re

from tests.house.tree import PACKAGE, files, name

INLINE = {
    "script without src": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE
    ),
    "style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on": re.compile(r"\shx-on", re.IGNORECASE),
}
FOREIGN = re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//(?!\{\{)", re.IGNORECASE)
# Text that is put into a page as it is; each place says why that is safe.
RAW_TEXT = re.compile(r"\bmark_safe\(|\|\s*safe\b|autoescape off|\bSafeString\(|\|\s*safeseq\b")
RAW_TEXT_ALLOWED = {
    "molva/web/ui/pieces.py": "a literal of ours, and a QR picture that holds nothing but numbers",
}


def test_nothing_inline_in_templates() -> None:
    found = []
    for path in files("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        found += [f"{name(path)}: {what}" for what, pattern in INLINE.items() if pattern.search(text)]
    assert found == []


def test_pages_ask_no_foreign_host() -> None:
    assert [name(path) for path in files("*.html") if FOREIGN.search(path.read_text(encoding="utf-8"))] == []
    addresses = re.compile(r"url\(\s*[\"']?(?:https?:)?//|@import\s+[\"']?(?:https?:)?//")
    assert [name(path) for path in files("*.css") if addresses.search(path.read_text(encoding="utf-8"))] == []


def test_raw_text_only_where_listed() -> None:
    found = {name(p) for p in files("*.py", "*.html") if RAW_TEXT.search(p.read_text(encoding="utf-8"))}
    assert sorted(found - RAW_TEXT_ALLOWED.keys()) == []


def test_every_form_that_sends_has_its_token() -> None:
    form = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL | re.IGNORECASE)
    found = [
        name(path)
        for path in files("*.html")
        for text in form.findall(path.read_text(encoding="utf-8"))
        if "csrf_token" not in text
    ]
    assert found == []


def test_no_unfinished_work() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|coming soon|скоро появится", re.IGNORECASE)
    found = [
        name(p)
        for p in files("*.py", "*.html", "*.css", "*.js")
        if marks.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_style_sheets_live_in_one_folder() -> None:
    homes = (PACKAGE / "web/ui", PACKAGE / "demo/shop/static")  # the fake shop has a face of its own
    strays = [path for path in files("*.css") if not any(path.is_relative_to(home) for home in homes)]
    assert strays == []
