"""«Applications» of the back office: install, enter, install again, remove, and the login for an application."""

from molva.demo.shop import applications
from molva.demo.shop.backoffice.layout import Office, button
from molva.demo.shop.backoffice.staff import chosen, to_chooser
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect

# These hold no lock of their own: an application that is being called may call back.
routes = Routes()
CALL_WORDS = {"install": "Install", "uninstall": "Remove"}


@routes.add("GET", "/admin2/applications")
def list_applications(office: Office, request: Request) -> Response:
    """What may be installed and what is."""
    say, store = office.say, office.shop.store
    with store.lock:
        cards = [_card(office, row) for row in store.tables["application"].values()]
    empty = html(
        '<p class="text">{text}</p>',
        text=say("No application is offered. A developer registers one below, or by the control API."),
    )
    content = html(
        "<h1>{title}</h1>{cards}{form}",
        title=say("Applications"),
        cards=cards or empty,
        form=_register_form(office),
    )
    return office.page(say("Applications"), content)


def _card(office: Office, row: Row) -> Markup:
    say = office.say
    is_in = row["state"] == applications.INSTALLED
    chip = html(
        '<span class="chip {kind}">{word}</span>',
        kind="delivered" if is_in else "",
        word=say("installed") if is_in else say("not installed"),
    )
    buttons = [
        button("act", "install", say("Install again") if is_in else say("Install"), "quiet" if is_in else ""),
        _remove(office) if is_in else None,
    ]
    enter = html(
        '<a class="button" href="/admin2/applications/{name}/enter">{word}</a>',
        name=row["identifier"],
        word=say("Enter"),
    )
    calls = [(one["at"][11:19], say(CALL_WORDS[one["kind"]]), one["answer"]) for one in row["calls"][:5]]
    return html(
        """<section class="box"><h2>{name} {chip}</h2><p class="text">{about}</p>
<form method="post" action="/admin2/applications/{identifier}" class="buttons">{enter}{buttons}</form>
<dl><dt>{identifier_word}</dt><dd><code>{identifier}</code></dd>{password}</dl>{calls}</section>""",
        name=row["name"],
        chip=chip,
        about=row["about"],
        identifier=row["identifier"],
        enter=enter if is_in else None,
        buttons=buttons,
        identifier_word=say("Identifier"),
        password=_password(office, row) if is_in else None,
        calls=office.table(("Time", "Call", "Answer"), calls) if calls else None,
    )


def _remove(office: Office) -> Markup:
    """A button that asks once more."""
    say = office.say
    return html(
        '<details class="confirm"><summary class="button danger">{word}</summary>{sure}</details>',
        word=say("Remove"),
        sure=button("act", "uninstall", say("Yes, remove it with all that it has made"), "danger"),
    )


def _password(office: Office, row: Row) -> Markup:
    told = "<dt>{word}</dt><dd><details><summary>{show}</summary><code>{password}</code></details></dd>"
    return html(told, word=office.say("API password"), show=office.say("Show"), password=row["password"])


def _register_form(office: Office) -> Markup:
    say = office.say
    names = (
        ("identifier", say("Identifier")),
        ("name", say("Title")),
        ("secret", say("Secret")),
        ("install_url", say("Install address")),
        ("entry_url", say("Entry address")),
        ("uninstall_url", say("Removal address")),
    )
    return html(
        """<details class="box"><summary><h2>{title}</h2></summary><p class="text">{text}</p>
<form method="post" action="/admin2/applications"><div class="grid">{fields}</div>{save}</form></details>""",
        title=say("For developers: offer an application"),
        text=say("The same identifier again changes what was told before. Without a secret one is made up."),
        fields=[
            html('<label>{word}<input name="{name}"></label>', word=word, name=name) for name, word in names
        ],
        save=button("act", "register", say("Save")),
    )


@routes.add("POST", "/admin2/applications")
def register(office: Office, request: Request) -> Response:
    """A developer tells of an application; every shop of the server offers it."""
    for shop in office.shop.shops.values():
        applications.register(shop, dict(request.form))
    return redirect("/admin2/applications")


@routes.add("POST", "/admin2/applications/<identifier>")
def change(office: Office, request: Request, identifier: str) -> Response:
    """Install or remove; a failed installation is told on a page of its own."""
    if request.form.get("act") == "uninstall":
        applications.uninstall(office.shop, identifier)
        return redirect("/admin2/applications")
    answer = applications.install(office.shop, identifier)
    if answer.status == 200:
        return redirect("/admin2/applications")
    say = office.say
    content = html(
        '<h1>{title}</h1><p class="error">{text}</p><p><a href="/admin2/applications">{back}</a></p>',
        title=say("The application is not installed"),
        text=say("Its install address answered: {answer}").format(answer=answer.words),
        back=say("Applications"),
    )
    return office.page(say("Applications"), content, 502)


@routes.add("GET", "/admin2/applications/<identifier>/enter")
def enter(office: Office, request: Request, identifier: str) -> Response:
    """Send the browser to the application with unsigned hints."""
    row = applications.find(office.shop, identifier)
    if row["state"] != applications.INSTALLED:
        raise LookupError(identifier)
    user = chosen(office, request) or office.shop.store.tables["staff"][1]
    return redirect(applications.entry_address(office.shop, row, user))


@routes.add("GET", "/admin/applications/<identifier>/login")
def login(office: Office, request: Request, identifier: str) -> Response:
    """Prove to the application who is at the back office, after asking the person to log in."""
    row, query = applications.find(office.shop, identifier), request.query
    address = query.get("login", "")
    if not query.get("token") or not applications.may_login(row, address):
        title = office.say("The application may not send you there")
        return office.page(title, html("<h1>{title}</h1>", title=title), 403)
    user = chosen(office, request)
    if user is None:
        return to_chooser(f"{request.path}?{request.query_string}")
    return redirect(applications.login_address(office.shop, row, user, query["token"], address))
