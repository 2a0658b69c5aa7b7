"""Brings third-party browser files into the tree, so that no page ever asks a foreign host.

Run `python scripts/vendor.py` after changing a version or `molva/web/ui/icons.txt`; `--check` only
compares the files in the tree with the hashes of MANIFEST.json and needs no network.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "molva/web/ui"
VENDOR = UI / "static/vendor"
TEST_VENDOR = ROOT / "tests/vendor"
ICON_NAMES = UI / "icons.txt"
SPRITE = "tabler/icons.svg"

GOLOS = "@fontsource-variable/golos-text"
LORA = "@fontsource-variable/lora"
UNBOUNDED = "@fontsource/unbounded"

PACKAGES = {
    "htmx.org": "2.0.11",
    "chart.js": "4.6.1",
    "@tabler/icons": "3.51.0",
    GOLOS: "5.3.0",
    LORA: "5.3.0",
    UNBOUNDED: "5.3.0",
}
TEST_PACKAGES = {"axe-core": "4.14.1"}

FILES = {
    "htmx.org": {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"},
    "chart.js": {"dist/chart.umd.min.js": "chartjs/chart.min.js", "LICENSE.md": "chartjs/LICENSE.md"},
    "@tabler/icons": {"LICENSE": "tabler/LICENSE"},
    GOLOS: {
        "files/golos-text-cyrillic-wght-normal.woff2": "fonts/golos-cyrillic.woff2",
        "files/golos-text-latin-wght-normal.woff2": "fonts/golos-latin.woff2",
        "files/golos-text-latin-ext-wght-normal.woff2": "fonts/golos-latin-ext.woff2",
        "LICENSE": "fonts/GOLOS-LICENSE",
    },
    LORA: {
        "files/lora-cyrillic-wght-normal.woff2": "fonts/lora-cyrillic.woff2",
        "files/lora-latin-wght-normal.woff2": "fonts/lora-latin.woff2",
        "files/lora-cyrillic-wght-italic.woff2": "fonts/lora-cyrillic-italic.woff2",
        "files/lora-latin-wght-italic.woff2": "fonts/lora-latin-italic.woff2",
        "LICENSE": "fonts/LORA-LICENSE",
    },
    UNBOUNDED: {
        "files/unbounded-cyrillic-600-normal.woff2": "fonts/unbounded-cyrillic-600.woff2",
        "files/unbounded-latin-600-normal.woff2": "fonts/unbounded-latin-600.woff2",
        "LICENSE": "fonts/UNBOUNDED-LICENSE",
    },
    "axe-core": {"axe.min.js": "axe.min.js", "LICENSE": "AXE-LICENSE"},
}

# The manifest storage resolves source-map comments and fails on maps that are not shipped.
SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=.*\s*$")


def unpack(package: str, version: str, into: Path) -> Path:
    """Download one package with the npm client and unpack it; returns its folder."""
    done = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"],
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    target = into / package.replace("/", "+")
    with tarfile.open(into / done.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return next(target.iterdir())


def sprite(icons: Path) -> bytes:
    """One SVG of `<symbol>`s from the names of icons.txt; an unknown name stops the run."""
    symbols = []
    for name in ICON_NAMES.read_text().split():
        text = (icons / f"{name}.svg").read_text()
        body = re.sub(r"\s+", " ", text[text.index(">") + 1 : text.rindex("</svg>")]).strip()
        body = (
            body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
            .replace("> <", "><")
            .strip()
        )
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    opening = '<svg xmlns="http://www.w3.org/2000/svg">'
    return "\n".join([opening, *symbols, "</svg>\n"]).encode()


def bring(package: str, version: str, work: Path, into: Path) -> dict[str, object]:
    """Copy the listed files of one package; returns its manifest entry."""
    source = unpack(package, version, work)
    copied = {}
    for name, target in FILES[package].items():
        copied[target] = SOURCE_MAP.sub(b"\n", (source / name).read_bytes())
    if package == "@tabler/icons":
        copied[SPRITE] = sprite(source / "icons/outline")
    for target, content in copied.items():
        (into / target).parent.mkdir(parents=True, exist_ok=True)
        (into / target).write_bytes(content)
    return {
        "version": version,
        "licence": json.loads((source / "package.json").read_text())["license"],
        "sha256": {target: hashlib.sha256(content).hexdigest() for target, content in copied.items()},
    }


def differences(folder: Path) -> list[str]:
    """Names of files whose content is not what MANIFEST.json says."""
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    wanted = {name: digest for entry in manifest.values() for name, digest in entry["sha256"].items()}
    present = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    present.pop("MANIFEST.json")
    actual = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in present.items()}
    return sorted(name for name in wanted.keys() | actual.keys() if wanted.get(name) != actual.get(name))


def main() -> int:
    """Refresh the vendored files, or compare them with their manifests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    if not parser.parse_args().check:
        for packages, folder in ((PACKAGES, VENDOR), (TEST_PACKAGES, TEST_VENDOR)):
            with tempfile.TemporaryDirectory() as work:
                manifest = {
                    name: bring(name, version, Path(work), folder) for name, version in packages.items()
                }
            (folder / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")
    wrong = differences(VENDOR) + differences(TEST_VENDOR)
    sys.stdout.write("".join(f"differs from the manifest: {name}\n" for name in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
