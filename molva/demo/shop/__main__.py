"""`python -m molva.demo.shop`: the fake shop as a process of its own."""

import json
import signal
from pathlib import Path
from types import FrameType

import click

from molva.demo.shop.running import start_shop


@click.command()
@click.option("--port", default=8010, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--public-host", help="Host and port by which browsers reach the shop, if they differ.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the shop between runs.",
)
@click.option("--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
@click.option("--api-key", envvar="DEMO_SHOP_KEY", help="Login of the admin API; made up when left out.")
@click.option(
    "--api-password", envvar="DEMO_SHOP_PASSWORD", help="Password of the admin API; made up when left out."
)
@click.option("--shops", default=1, show_default=True, help="How many shops, on the ports that follow.")
@click.option(
    "--application",
    envvar="DEMO_SHOP_APPLICATION",
    help="JSON of an application to offer: identifier, secret, install_url, entry_url, uninstall_url.",
)
def main(
    port: int,
    host: str,
    public_host: str | None,
    data: Path | None,
    language: str,
    api_key: str | None,
    api_password: str | None,
    shops: int,
    application: str | None,
) -> None:
    """Run the fake shop until Ctrl-C or SIGTERM."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with start_shop(
        port=port,
        host=host,
        public_host=public_host,
        data=data,
        language=language,
        api_key=api_key,
        api_password=api_password,
    ) as shop:
        for number in range(len(shop.shops), shops):
            shop.open_shop(port=port + number if port else 0)
        if application:
            shop.register(**json.loads(application))
        click.echo(f"shop window  {shop.url}/")
        click.echo(f"back office  {shop.url}/admin2/")
        try:
            shop.wait()
        except KeyboardInterrupt:
            click.echo("closed")


main()
