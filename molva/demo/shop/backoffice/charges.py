"""Charges of applications, as the merchant sees them: a page to pay or decline one, and all of them with buttons."""

from molva.demo.shop import charges
from molva.demo.shop.backoffice.layout import Office, button
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect

# The return address of a charge is called without the lock.
routes = Routes()
WORDS = {"pending": "waits for payment", "accepted": "paid", "declined": "declined"}
KINDS = {"pending": "new", "accepted": "delivered", "declined": "declined"}


def _rouble(office: Office, price: str) -> str:
    return office.money(round(float(price) * 100))


def _state(office: Office, row: Row) -> Markup:
    word = office.say(WORDS[row["status"]])
    return html('<span class="chip {kind}">{word}</span>', kind=KINDS[row["status"]], word=word)


@routes.add("GET", "/admin/application_charges/<number>", "/admin2/charges/<number>")
def confirmation(office: Office, request: Request, number: str) -> Response:
    """Where `confirmation_url` leads: pay or decline."""
    say = office.say
    row = charges.single(office.shop, int(number) if number.isdigit() else 0)
    buttons = [button("act", "pay", say("Pay")), button("act", "decline", say("Decline"), "danger")]
    content = html(
        """<h1>{title} {state}</h1><section class="box"><h2>{name}</h2><dl><dt>{sum_word}</dt><dd>{price}</dd>
<dt>{owner_word}</dt><dd><code>{owner}</code></dd></dl>{note}
<form method="post" action="/admin2/charges/{number}" class="buttons">{buttons}</form></section>{back}""",
        title=say("Charge of an application"),
        state=_state(office, row),
        name=row["name"],
        sum_word=say("Total"),
        price=_rouble(office, row["price"]),
        owner_word=say("Application"),
        owner=row["_owner"],
        note=html('<p class="note">{text}</p>', text=say("A test charge.")) if row["test"] else None,
        number=row["id"],
        buttons=buttons if row["status"] == charges.PENDING else _called(office, row),
        back=html('<p><a href="/admin2/charges">{word}</a></p>', word=say("All charges")),
    )
    return office.page(say("Charges"), content)


def _called(office: Office, row: Row) -> Markup:
    told = office.say("Its return address answered: {answer}").format(answer=row.get("_called", "—"))
    return html('<p class="note">{told}</p>', told=told)


@routes.add("POST", "/admin2/charges/<number>")
def settle(office: Office, request: Request, number: str) -> Response:
    """The merchant has decided."""
    status = charges.ACCEPTED if request.form.get("act") == "pay" else charges.DECLINED
    charges.settle(office.shop, int(number) if number.isdigit() else 0, status)
    return redirect(f"/admin2/charges/{number}")


@routes.add("GET", "/admin2/charges")
def list_charges(office: Office, request: Request) -> Response:
    """Single charges and monthly ones."""
    say, tables = office.say, office.shop.store.tables
    with office.shop.store.lock:
        rows = [
            (
                html('<a href="/admin2/charges/{id}">{name}</a>', id=row["id"], name=row["name"]),
                html("<code>{owner}</code>", owner=row["_owner"]),
                _rouble(office, row["price"]),
                _state(office, row),
                row["created_at"][:16].replace("T", " "),
            )
            for row in tables["charge"].values()
        ]
        monthly = [_monthly(office, row) for row in tables["monthly"].values()]
    none = html('<p class="text">{text}</p>', text=say("Nothing yet."))
    content = html(
        "<h1>{title}</h1><h2>{monthly_word}</h2>{monthly}<h2>{single_word}</h2>{single}",
        title=say("Charges"),
        monthly_word=say("Monthly"),
        monthly=monthly or none,
        single_word=say("Single"),
        single=office.table(("Title", "Application", "Total", "Status", "Made"), rows) if rows else none,
    )
    return office.page(say("Charges"), content)


def _monthly(office: Office, row: Row) -> Markup:
    say = office.say
    lock = ("unblock", say("Unblock")) if row["blocked"] else ("block", say("Block"))
    chip = '<span class="chip {kind}">{word}</span>'
    state = ("declined", say("blocked")) if row["blocked"] else ("delivered", say("works"))
    return html(
        """<section class="box"><h2><code>{owner}</code> {chip}</h2><dl><dt>{month_word}</dt><dd>{price}</dd>
<dt>{till_word}</dt><dd>{till}</dd><dt>{trial_word}</dt><dd>{trial}</dd></dl>
<form method="post" action="/admin2/monthly/{owner}" class="row">{pay}{lock}
<label>{days_word}<input name="days" value="30" inputmode="numeric"></label>{passed}</form></section>""",
        owner=row["_owner"],
        chip=html(chip, kind=state[0], word=state[1]),
        month_word=say("A month"),
        price=_rouble(office, row["monthly"]),
        till_word=say("Paid till"),
        till=row["paid_till"],
        trial_word=say("Tried till"),
        trial=row["trial_expired_at"],
        pay=button("act", "pay", say("Pay a month")),
        lock=button("act", lock[0], lock[1], "danger"),
        days_word=say("Days"),
        passed=button("act", "pass", say("Days pass"), "quiet"),
    )


@routes.add("POST", "/admin2/monthly/<login>")
def change_monthly(office: Office, request: Request, login: str) -> Response:
    """Pay, block, let days pass."""
    days = request.form.get("days", "")
    with office.shop.store.lock:
        charges.act(office.shop, login, request.form.get("act", ""), int(days) if days.isdigit() else 0)
    return redirect("/admin2/charges")
