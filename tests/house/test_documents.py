"""What the documents list is what the code has: settings, dependencies, commands."""

import re
import tomllib

from tests.house.tree import ROOT, files

# Names of modules that differ from the name of the package, and packages that are used without an import of ours.
IMPORTED_AS = {
    "crawler-user-agents": "crawleruseragents",
    "django-allauth": "allauth",
    "django-csp": "csp",
    "django-environ": "environ",
    "django-template-partials": "template_partials",
    "phonenumberslite": "phonenumbers",
    "pillow": "PIL",
}
USED_BY_OTHERS = {
    "argon2-cffi": "the password hasher of Django",
    "tzdata": "time zones where the system brings none",
}


def settings_in_code() -> set[str]:
    """Variables that the product reads from the environment."""
    found: set[str] = set()
    reads = re.compile(
        r"(?:env(?:\.\w+)?\(|environ(?:\.get\(|\.setdefault\(|\[)|getenv\()\s*[\"']((?:MOLVA_|DATABASE_URL)\w*)"
    )
    for path in files("*.py"):
        found |= set(reads.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    table = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `((?:MOLVA_|DATABASE_URL)\w*)`", table, re.MULTILINE))
    assert documented == settings_in_code()


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[~<>= ;]", item)[0] for item in wanted}
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    reasons = set(re.findall(r"^\| `([a-z0-9-]+)` \| \S.*\|$", text, re.MULTILINE))
    assert reasons == names


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {re.split(r"[\[~<>= ;]", item)[0] for item in project["project"]["dependencies"]}
    code = "\n".join(path.read_text(encoding="utf-8") for path in files("*.py"))
    unused = [
        name
        for name in sorted(names - USED_BY_OTHERS.keys())
        if not re.search(rf"(?:import |from |[\"']){IMPORTED_AS.get(name, name.replace('-', '_'))}\b", code)
    ]
    assert unused == []


def pins(name: str) -> dict[str, str]:
    """Version by package in a file of constraints."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, re.MULTILINE))


def test_what_runs_is_what_is_developed_with() -> None:
    run, dev = pins("constraints.txt"), pins("constraints-dev.txt")
    assert len(run) > 30
    assert {name: dev.get(name) for name in run} == run


def test_every_pin_has_a_hash() -> None:
    for name in ("constraints.txt", "constraints-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_readme_names_the_two_commands() -> None:
    for readme in ("README.md", "README.ru.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert ("make demo" in text, "make test" in text) == (True, True)


def test_links_between_documents_lead_somewhere() -> None:
    broken: list[str] = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
        near = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
        broken += [f"{path.name} -> {target}" for target in near if not (path.parent / target).exists()]
    assert broken == []
