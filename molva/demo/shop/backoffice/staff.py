"""Who is at the back office: a chooser instead of passwords. Only the login for applications insists on it."""

from urllib.parse import quote

from molva.demo.shop.backoffice.layout import Office
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect

routes = Routes()
COOKIE = "staff"


def chosen(office: Office, request: Request) -> Row | None:
    """The person this browser works as."""
    number = request.cookies.get(COOKIE, "")
    return office.shop.store.tables["staff"].get(int(number) if number.isdigit() else 0)


def to_chooser(back: str) -> Response:
    """Log in first, then go on."""
    return redirect(f"/admin2/login?next={quote(back, safe='')}")


def _inside(address: str) -> str:
    """Only addresses of this shop are gone on to."""
    fine = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if fine else "/admin2/"


@routes.add("GET", "/admin2/login")
def login_page(office: Office, request: Request) -> Response:
    """All people of the shop, each a button."""
    say, now = office.say, chosen(office, request)
    content = html(
        """<h1>{title}</h1><p class="text">{text}</p><form method="post" class="people">
<input type="hidden" name="next" value="{next}">{people}</form>{out}""",
        title=say("Log in to the back office"),
        text=say("Choose who you are: a rehearsal has no passwords."),
        next=request.query.get("next", "/admin2/"),
        people=[_person(office, row, now) for row in office.shop.store.tables["staff"].values()],
        out=_out(office) if now else None,
    )
    return office.page(say("Log in to the back office"), content)


def _person(office: Office, row: Row, now: Row | None) -> Markup:
    say = office.say
    state = say("e-mail confirmed") if row["email_confirmed"] else say("e-mail not confirmed")
    return html(
        """<button class="person" name="staff" value="{id}"{now}><b>{name}</b><span>{email}</span>
<span>№ {id}, {state}</span></button>""",
        id=row["id"],
        now=Markup(' aria-current="true"' if row == now else ""),
        name=row["name"],
        email=row["email"] or "—",
        state=state,
    )


def _out(office: Office) -> Markup:
    return html(
        """<form method="post"><button class="button quiet" name="staff" value="">{word}</button></form>""",
        word=office.say("Log out"),
    )


@routes.add("POST", "/admin2/login")
def login(office: Office, request: Request) -> Response:
    """From now on this browser is that person."""
    number = request.form.get("staff", "")
    if number and (not number.isdigit() or int(number) not in office.shop.store.tables["staff"]):
        raise LookupError(number)
    response = redirect(_inside(request.form.get("next", "/admin2/")))
    response.set_cookie(COOKIE, number, days=1 if number else 0)
    return response
