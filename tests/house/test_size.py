"""Small files: one that passes 400 lines becomes a package split by noun."""

from tests.house.tree import ROOT, files, name

LIMIT = 400


def test_no_file_passes_400_lines() -> None:
    found = {}
    built = ROOT / "molva/web/ui/static/ui"  # stylesheets there are joined from molva/web/ui/styles
    for path in files("*.py", "*.html", "*.css", "*.js", under=ROOT):
        if path.suffix == ".css" and path.is_relative_to(built):
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LIMIT:
            found[name(path)] = lines
    assert found == {}


def test_every_module_says_what_it_is() -> None:
    silent = []
    for path in files("*.py"):
        text = path.read_text(encoding="utf-8").lstrip()
        if text and "migrations" not in path.parts and not text.startswith(('"""', 'r"""')):
            silent.append(name(path))
    assert silent == []
