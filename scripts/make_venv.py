"""Makes a virtual environment with pip in it, also where Debian's python3-venv package is missing.

Debian splits `ensurepip` off Python, so on a bare machine `python3 -m venv` fails half-way. Then pip comes
from PyPI as one wheel, checked by its hash, and installs itself. Standard library only.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path

PIP_NAME = "pip-26.3-py3-none-any.whl"
PIP_URL = (
    "https://files.pythonhosted.org/packages/07/25/"
    f"ee8c38ae72d66b844ce8eb9711ba905dba21ca1a8a0c960057c41cd23337/{PIP_NAME}"
)
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def fetch_pip(folder: Path) -> Path:
    """Download the pip wheel; stop when it is not the one we know."""
    with urllib.request.urlopen(PIP_URL, timeout=60) as answer:  # noqa: S310 (a literal https address)
        body = answer.read()
    if hashlib.sha256(body).hexdigest() != PIP_SHA256:
        sys.exit(f"{PIP_URL} is not the file we expect")
    wheel = folder / PIP_NAME
    wheel.write_bytes(body)
    return wheel


def main(target: str) -> None:
    """Create the environment `target`; leave one that exists as it is."""
    with_pip = importlib.util.find_spec("ensurepip") is not None
    symlinks = os.name != "nt"
    venv.EnvBuilder(with_pip=with_pip, symlinks=symlinks).create(target)
    if with_pip:
        return
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch_pip(Path(folder))
        python = str(Path(target) / "bin/python")
        # A wheel is a zip that Python can run from: pip installs itself.
        subprocess.run([python, f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
