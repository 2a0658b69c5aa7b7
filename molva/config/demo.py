"""`molva demo`: the whole product with a sample programme and a shop beside it, in a folder of its own.

The folder remembers its ports and what was told at the first start, so the next start shows the same addresses. No
setting of a real installation is used: neither its database nor its secret.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from molva.kit.files import read_or_create

WISHED_PORTS = {"web": 8000, "tracker": 8001, "shop": 8010}
APPLICATION = "molva"
APPLICATION_WORDS = {
    "ru": ("Молва", "Партнёрская программа вашего магазина"),
    "en": ("Molva", "A partner programme of your shop"),
}
PORTS_FILE, PLACES_FILE = "ports.json", "places.json"


@click.command()
@click.option("--fresh", is_flag=True, help="Forget the earlier demo and start anew.")
@click.option(
    "--data",
    default=".demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the demo between runs.",
)
@click.option("--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
@click.option("--seed-only", is_flag=True, hidden=True)
def demo(*, fresh: bool, data: Path, language: str, seed_only: bool) -> None:
    """Run Molva with a sample programme and a shop beside it, until Ctrl C."""
    folder = data.resolve()
    if seed_only:
        _seed(folder)
        return
    if fresh:
        _forget(folder)
    elif (folder / PORTS_FILE).exists() and not (folder / PLACES_FILE).exists():
        _choose_ports(folder / PORTS_FILE)  # refuses when another terminal is filling it this very moment
        _forget(folder)  # the first start broke off
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ports = _choose_ports(folder / PORTS_FILE)
    # Settings are read once, at import: the processes' module must not be loaded before this line.
    _enter(folder, ports, language)
    Demo(folder, ports, language).run()


def shop_url(ports: dict[str, int]) -> str:
    """Another host name than Molva's, so that a browser keeps their cookies apart, as in life."""
    return f"http://localhost:{ports['shop']}"


@dataclass(frozen=True)
class Demo:
    """A demo that is being run."""

    folder: Path
    ports: dict[str, int]
    language: str

    def run(self) -> None:
        """Fill it at the first start, then start everything, tell the addresses, wait for the end."""
        from molva.config.processes import run_group  # noqa: PLC0415 - see `demo`

        if not (self.folder / PLACES_FILE).exists():
            click.echo("Filling the sample programme …")
            words = ["demo", "--seed-only", "--data", str(self.folder)]
            filled = subprocess.run([sys.executable, "-m", "molva", *words], check=False)  # noqa: S603 - ourselves
            if filled.returncode:
                raise click.ClickException("The sample programme could not be filled.")
        click.echo("Starting the demo …")
        run_group({"shop": self._shop_command()}, announce=lambda _: self._tell())

    def _shop_command(self) -> list[str]:
        port = str(self.ports["shop"])
        place = ["--port", port, "--public-host", f"localhost:{port}", "--data", str(self.folder / "shop")]
        return [sys.executable, "-m", "molva.demo.shop", *place, "--language", self.language]

    def _tell(self) -> bool:
        """Tell once, as soon as the shop is there as well."""
        if _is_free(self.ports["shop"]):
            return False
        places: dict[str, str] = json.loads((self.folder / PLACES_FILE).read_text(encoding="utf-8"))
        width = max(map(len, places))
        lines = [f"  {name:<{width}}  {text}" for name, text in places.items()]
        click.echo("\nThe demo is ready:\n\n" + "\n".join(lines) + "\n\nCtrl C stops it.\n")
        return True


def _seed(folder: Path) -> None:
    """Fill the demo and note what to tell. The shop runs here meanwhile: nothing else may work beside the filling,
    which tells a past of its own."""
    from molva.config.processes import start_django  # noqa: PLC0415 - see `demo`

    start_django()
    from molva.config.setup import prepare  # noqa: PLC0415 - needs the registry
    from molva.demo.seed import seed_demo  # noqa: PLC0415 - needs the registry
    from molva.demo.shop import start_shop  # noqa: PLC0415 - the other commands do without it

    ports = json.loads((folder / PORTS_FILE).read_text())
    prepare()
    with start_shop(
        port=ports["shop"],
        public_host=f"localhost:{ports['shop']}",
        data=folder / "shop",
        language=os.environ["MOLVA_LANGUAGE"],
        api_key=os.environ["DEMO_SHOP_KEY"],
        api_password=os.environ["DEMO_SHOP_PASSWORD"],
    ):
        places = seed_demo(shop_url=shop_url(ports))
    (folder / PLACES_FILE).write_text(json.dumps(places, ensure_ascii=False), encoding="utf-8")


def _enter(folder: Path, ports: dict[str, int], language: str) -> None:
    """Put the demo's settings into the environment of this process and of all that it starts."""
    for name in [name for name in os.environ if name.startswith("MOLVA_") and name != "MOLVA_LOG_LEVEL"]:
        del os.environ[name]
    for name in ("DATABASE_URL", "DATABASE_URL_FILE"):
        os.environ.pop(name, None)
    web = f"127.0.0.1:{ports['web']}"
    secret = read_or_create(folder / "app.secret", lambda: os.urandom(16).hex())
    os.environ.update(
        MOLVA_DATA=str(folder),
        MOLVA_DEMO="true",
        MOLVA_URL=f"http://{web}",
        MOLVA_WEB_BIND=web,
        MOLVA_TRACKER_BIND=f"127.0.0.1:{ports['tracker']}",
        MOLVA_ALLOW_PRIVATE_HOSTS=f"localhost:{ports['shop']},127.0.0.1:{ports['shop']}",
        MOLVA_LANGUAGE=language,
        DEMO_SHOP_KEY=read_or_create(folder / "shop.key", lambda: os.urandom(16).hex()),
        DEMO_SHOP_PASSWORD=read_or_create(folder / "shop.password", lambda: os.urandom(16).hex()),
        MOLVA_INSALES_APP=APPLICATION,
        MOLVA_INSALES_SECRET=secret,
        DEMO_SHOP_APPLICATION=_application(f"http://{web}/apps/insales", secret, language),
    )
    os.environ.setdefault("MOLVA_LOG_LEVEL", "WARNING")


def _application(base: str, secret: str, language: str) -> str:
    """What the shop offers its owner to install, as JSON."""
    name, about = APPLICATION_WORDS[language]
    told = {
        "identifier": APPLICATION,
        "secret": secret,
        "name": name,
        "about": about,
        **{f"{act}_url": f"{base}/{act}" for act in ("install", "entry", "uninstall")},
    }
    return json.dumps(told, ensure_ascii=False)


def _forget(folder: Path) -> None:
    """Remove an earlier demo; a folder that is not one stays."""
    if (folder / PORTS_FILE).exists():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not the folder of a demo; it was left as it is.")


def _choose_ports(file: Path) -> dict[str, int]:
    """The ports of the earlier start, or free ones: the usual where possible."""
    if file.exists():
        kept: dict[str, int] = json.loads(file.read_text())
        for port in kept.values():
            if not _is_free(port):
                raise click.ClickException(
                    f"Port {port} of this demo is taken: perhaps the demo is running already. "
                    "Stop what uses it, or start anew by --fresh."
                )
        return kept
    ports = {name: port if _is_free(port) else _any_port() for name, port in WISHED_PORTS.items()}
    file.write_text(json.dumps(ports))
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
