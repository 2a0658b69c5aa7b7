"""The rest of the back office: statuses, promo codes, webhooks, faults, the API key, extra fields."""

from molva.demo.shop.admin import codes as codes_api
from molva.demo.shop.admin import fields as fields_api
from molva.demo.shop.admin import statuses as statuses_api
from molva.demo.shop.backoffice.layout import Office, button
from molva.demo.shop.seed import permalink
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect

routes = Routes()
SHOWN_DELIVERIES = 50


@routes.add("GET", "/admin2/statuses")
def statuses(office: Office, request: Request) -> Response:
    """Custom statuses: rename, delete, add."""
    say = office.say
    rows = [
        (
            office.chip(row, ""),
            html("<code>{permalink}</code>", permalink=row["permalink"]),
            html("<code>{system}</code>", system=row["system_status"]),
            _status_form(office, row),
        )
        for row in office.shop.statuses()
    ]
    systems = dict.fromkeys(row["system_status"] for row in office.shop.statuses())
    content = html(
        """<h1>{title}</h1>{table}<section class="box"><h2>{add}</h2><form method="post" class="row">
<label>{name_word}<input name="title" required></label>
<label>{system_word}<select name="system_status">{systems}</select></label>{button}</form></section>""",
        title=say("Statuses"),
        table=office.table(("Title", "Permalink", "System status", ""), rows),
        add=say("Add a status"),
        name_word=say("Title"),
        system_word=say("System status"),
        systems=[html("<option>{name}</option>", name=name) for name in systems],
        button=button("act", "add", say("Add")),
    )
    return office.page(say("Statuses"), content)


def _status_form(office: Office, row: Row) -> Markup:
    say = office.say
    delete = button("act", "delete", say("Delete"), "danger small")
    return html(
        """<form method="post" class="row"><input type="hidden" name="permalink" value="{permalink}">
<input name="title" value="{title}" aria-label="{word}">{rename}{delete}</form>""",
        permalink=row["permalink"],
        title=row["title"],
        word=say("Title"),
        rename=button("act", "rename", say("Rename"), "quiet small"),
        delete=None if row["is_default"] else delete,
    )


@routes.add("POST", "/admin2/statuses")
def change_statuses(office: Office, request: Request) -> Response:
    """Add, rename or delete."""
    form, shop = request.form, office.shop
    if form.get("act") == "add":
        statuses_api.add_status(shop, form.get("title"), form.get("system_status"))
    else:
        row = shop.status(form.get("permalink", ""))
        if row is None:
            raise LookupError(form.get("permalink"))
        if form.get("act") == "delete":
            statuses_api.delete_status(shop, row)
        else:
            statuses_api.rename_status(shop, row, form.get("title"))
    return redirect("/admin2/statuses")


@routes.add("GET", "/admin2/codes")
def codes(office: Office, request: Request) -> Response:
    """Promo codes that buyers may enter in the cart."""
    say = office.say
    rows = [
        (
            html("<code>{code}</code>", code=row["code"]),
            f"{float(row['discount']):g} {'%' if row['type_id'] == 1 else '₽'}",
            row["description"] or "—",
            say("switched off") if row["disabled"] else (say("used") if row["worked"] else say("not used")),
        )
        for row in office.shop.store.tables["code"].values()
    ]
    content = html(
        """<h1>{title}</h1>{table}<section class="box"><h2>{add}</h2><form method="post" class="row">
<label>{code_word}<input name="code" required></label>
<label>{value_word}<input name="discount" value="10" required></label>
<label>{kind_word}<select name="type_id"><option value="1">%</option><option value="2">₽</option></select></label>
{button}</form></section>""",
        title=say("Promo codes"),
        table=office.table(("Promo code", "Discount", "Description", "Status"), rows),
        add=say("Add a promo code"),
        code_word=say("Promo code"),
        value_word=say("Discount"),
        kind_word=say("Kind"),
        button=button("act", "add", say("Add")),
    )
    return office.page(say("Promo codes"), content)


@routes.add("POST", "/admin2/codes")
def add_code(office: Office, request: Request) -> Response:
    """A new promo code."""
    form = request.form
    wanted = {
        "code": form.get("code", "").strip(),
        "discount": form.get("discount", "").replace(",", "."),
        "type_id": 2 if form.get("type_id") == "2" else 1,
    }
    codes_api.codes.add(office.shop, wanted, "")
    return redirect("/admin2/codes")


@routes.add("GET", "/admin2/webhooks")
def webhooks(office: Office, request: Request) -> Response:
    """Webhooks and what became of the last bodies sent."""
    say = office.say
    rows = [
        (
            row["topic"],
            html("<code>{address}</code>", address=row["address"]),
            row["created_at"][:16].replace("T", " "),
        )
        for row in office.shop.store.tables["webhook"].values()
    ]
    sent = [
        (one.at[11:23], one.topic, one.object_id, _outcome(office, one.outcome), one.milliseconds)
        for one in reversed(list(office.shop.hooks.deliveries)[-SHOWN_DELIVERIES:])
    ]
    none = html('<p class="text">{text}</p>', text=say("Nothing yet."))
    content = html(
        "<h1>{title}</h1>{table}<h2>{last}</h2>{sent}",
        title=say("Webhooks"),
        table=office.table(("Topic", "Address", "Made"), rows) if rows else none,
        last=say("Last deliveries"),
        sent=office.table(("Time", "Topic", "Order", "Answer", "Milliseconds"), sent) if sent else none,
    )
    return office.page(say("Webhooks"), content)


def _outcome(office: Office, outcome: str) -> Markup:
    kind = "delivered" if outcome.startswith("2") else "declined"
    word = office.say("lost on purpose") if outcome == "lost" else outcome
    return html('<span class="chip {kind}">{word}</span>', kind=kind, word=word)


@routes.add("GET", "/admin2/key")
def key_page(office: Office, request: Request) -> Response:
    """What a manual connection needs, scripts that are set, and extra fields of the order."""
    say, store = office.say, office.shop.store
    login, password = next(iter(store.settings["keys"].items()))
    facts = [("Shop address", office.shop.url), ("Key id", login), ("Key password", password)]
    rows = [
        html("<dt>{name}</dt><dd><code>{value}</code></dd>", name=say(name), value=value)
        for name, value in facts
    ]
    fields = [
        (row["id"], row["office_title"], html("<code>{handle}</code>", handle=row["handle"] or "—"))
        for row in store.tables["field"].values()
    ]
    tags = [
        (row["name"] or "—", html("<code>{text}</code>", text=row["content"][:200]))
        for row in store.tables["tag"].values()
    ]
    none = html('<p class="text">{text}</p>', text=say("Nothing yet."))
    content = html(
        """<h1>{title}</h1><p class="text">{text}</p><section class="box"><dl>{rows}</dl></section>
<h2>{fields_word}</h2>{fields}
<form method="post" class="row"><label>{name_word}<input name="office_title" required></label>
<label>{handle_word}<input name="handle"></label>{add}</form><h2>{tags_word}</h2>{tags}""",
        title=say("API key"),
        text=say("Copy these three into Molva to connect the shop by hand."),
        rows=rows,
        fields_word=say("Extra order fields"),
        fields=office.table(("Number", "Title", "Handle"), fields) if fields else none,
        name_word=say("Title"),
        handle_word=say("Handle"),
        add=button("act", "add", say("Add")),
        tags_word=say("Storefront scripts"),
        tags=office.table(("Title", "Text"), tags) if tags else none,
    )  # fmt: skip
    return office.page(say("API key"), content)


@routes.add("POST", "/admin2/key")
def add_field(office: Office, request: Request) -> Response:
    """A new extra field of the order."""
    title = request.form.get("office_title", "").strip()
    wanted = {"office_title": title, "handle": request.form.get("handle", "").strip() or permalink(title)}
    fields_api.fields.add(office.shop, wanted, "")
    return redirect("/admin2/key")
