"""Settings of the shop for its owner, and the generator of odd orders."""

from molva.demo.shop import generator, preferences
from molva.demo.shop.backoffice.layout import Office, button
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect

routes = Routes()
MOST_ORDERS = 500


@routes.add("GET", "/admin2/settings")
def settings_page(office: Office, request: Request) -> Response:
    """A form of everything that the account tells."""
    say, shop = office.say, office.shop
    settings = shop.store.settings
    fields = [
        ("title", say("Title"), settings["title"]),
        ("extra_domains", say("More domains, one a line"), "\n".join(shop.hosts[1:])),
        (
            "client_cookies_whitelist",
            say("Cookies that orders tell"),
            settings["client_cookies_whitelist"] or "",
        ),
        ("paid_till", say("Paid till"), settings.get("paid_till", "2036-01-01")),
    ]
    content = html(
        """<h1>{title}</h1><form method="post" class="box"><dl><dt>{id_word}</dt><dd>{id}</dd>
<dt>{host_word}</dt><dd><code>{host}</code></dd></dl><div class="grid">{fields}{main}{blocked}</div>{save}</form>""",
        title=say("Settings"),
        id_word=say("Permanent number of the shop"),
        id=shop.account_id,
        host_word=say("Shop address"),
        host=shop.url,
        fields=[_field(name, word, str(value)) for name, word, value in fields],
        main=_choice("main_host", say("Main domain"), {host: host for host in shop.hosts}, shop.main_host),
        blocked=_choice(
            "blocked",
            say("The shop is blocked"),
            {"": say("no"), "1": say("yes")},
            "1" if settings.get("blocked") else "",
        ),
        save=button("act", "save", say("Save")),
    )
    return office.page(say("Settings"), content)


def _field(name: str, word: str, value: str) -> Markup:
    if name == "extra_domains":
        area = '<label class="whole">{word}<textarea name="{name}" rows="2">{value}</textarea></label>'
        return html(area, word=word, name=name, value=value)
    field = '<label>{word}<input name="{name}" value="{value}"></label>'
    return html(field, word=word, name=name, value=value)


def _choice(name: str, word: str, choices: dict[str, str], now: str) -> Markup:
    options = [
        html(
            '<option value="{value}"{chosen}>{text}</option>',
            value=value,
            chosen=Markup(" selected" if value == now else ""),
            text=text,
        )
        for value, text in choices.items()
    ]
    field = '<label>{word}<select name="{name}">{options}</select></label>'
    return html(field, word=word, name=name, options=options)


@routes.add("POST", "/admin2/settings")
def change_settings(office: Office, request: Request) -> Response:
    """New settings."""
    form = request.form
    wanted: Row = {name: form[name].strip() or None for name in preferences.NAMES if name in form}
    if "extra_domains" in form:
        wanted["extra_domains"] = form["extra_domains"].split()
    if "blocked" in form:
        wanted["blocked"] = bool(form["blocked"])
    if not wanted.get("title", "x"):
        del wanted["title"]
    preferences.change(office.shop, wanted)
    return redirect("/admin2/settings")


@routes.add("GET", "/admin2/generate")
def generate_page(office: Office, request: Request) -> Response:
    """Choose oddities and how many orders."""
    say = office.say
    boxes = [
        html(
            """<label class="check"><input type="checkbox" name="knob.{name}" value="1">
<span>{word}<code>{name}</code></span></label>""",
            name=name,
            word=say(name).replace("_", " "),
        )
        for name in generator.KNOBS
    ]
    content = html(
        """<p><a href="/admin2/">← {back}</a></p><h1>{title}</h1><p class="text">{text}</p>
<form method="post" class="box"><div class="grid checks">{boxes}</div><div class="row">
<label>{count_word}<input name="count" value="10" inputmode="numeric"></label>
<label class="check"><input type="checkbox" name="together" value="1">{together}</label>{make}</div></form>""",
        back=say("Orders"),
        title=say("Odd orders"),
        text=say("Marked oddities are taken in turn; with none marked every order gets a few by chance."),
        boxes=boxes,
        count_word=say("How many"),
        together=say("All in each order"),
        make=button("act", "make", say("Make orders")),
    )
    return office.page(say("Orders"), content)


@routes.add("POST", "/admin2/generate")
def generate(office: Office, request: Request) -> Response:
    """Make them."""
    form = request.form
    text = form.get("count", "")
    knobs = [name for name in generator.KNOBS if form.get(f"knob.{name}")]
    generator.generate(
        office.shop,
        count=min(int(text), MOST_ORDERS) if text.isdigit() and int(text) else 1,
        knobs=knobs,
        together=bool(form.get("together") and knobs),
        seed=len(office.shop.store.orders) + 1,
    )
    return redirect("/admin2/")
