"""The fault menu for people: every knob of `Faults`, by what it spoils."""

from dataclasses import asdict

from molva.demo.shop.backoffice.layout import Office, button
from molva.demo.shop.faults import CHOICES
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect

routes = Routes()
Labels = tuple[tuple[str, dict[str, str]], ...]


def _labels(office: Office) -> Labels:
    say = office.say
    return (
        (
            say("Webhooks"),
            {
                "hooks_lost_percent": say("Webhooks lost, %"),
                "hooks_repeated_percent": say("Webhooks repeated, %"),
                "hooks_stale_percent": say("Webhooks with an old body, %"),
                "hooks_xml_percent": say("Webhooks in XML, %"),
                "hooks_shuffled_percent": say("Webhooks held back, %"),
                "hooks_shuffle_seconds": say("Held back for up to, seconds"),
                "hooks_delay_seconds": say("Every webhook late by, seconds"),
            },
        ),
        (
            say("Admin API"),
            {
                "api_answer": say("API answers instead"),
                "api_percent": say("In this share of calls, %"),
                "api_left": say("How many times (−1: until switched off)"),
                "api_path": say("Only where the path contains"),
                "api_retry_after": say("Retry-After, seconds (0: no header)"),
                "api_slow_seconds": say("Slow answer, seconds"),
                "limit_on": say("Call limit works"),
                "limit_calls": say("Calls in a window"),
                "limit_seconds": say("Window, seconds"),
                "limit_answer": say("Answer over the limit"),
                "limit_retry_after": say("Retry-After over the limit"),
                "deleted_orders": say("A deleted order is"),
                "currency_code": say("Currency of new orders"),
                "theme_locked": say("Themes cannot be changed (403)"),
                "private_addresses": say("Outer discounts may live on this machine"),
            },
        ),
        (
            say("Applications"),
            {
                "install_mode": say("A new password works"),
                "uninstall_leaves_webhooks": say("A removed application leaves its webhooks"),
                "uninstall_leaves_tags": say("A removed application leaves its scripts"),
                "uninstall_leaves_widgets": say("A removed application leaves its widgets"),
                "login_cyrillic_key": say("email_confirmed with a Cyrillic letter"),
                "charge_silent": say("The only call about a charge is lost"),
            },
        ),
        (
            say("Shop window"),
            {
                "tags_on_checkout": say("Scripts stand on the checkout page too"),
                "old_theme": say("Old theme without common.v2.js"),
                "consent_banner": say("Banner that asks to allow cookies"),
                "content_policy": say("Content-Security-Policy"),
            },
        ),
    )


@routes.add("GET", "/admin2/faults")
def faults(office: Office, request: Request) -> Response:
    """The fault menu."""
    say, values = office.say, asdict(office.shop.faults)
    groups = [
        html(
            '<section class="box"><h2>{title}</h2><div class="grid">{fields}</div></section>',
            title=title,
            fields=[_field(office, label, name, values[name]) for name, label in labels.items()],
        )
        for title, labels in _labels(office)
    ]
    content = html(
        """<h1>{title}</h1><p class="text">{text}</p><form method="post">{groups}
<div class="buttons sticky">{save}{reset}</div></form>""",
        title=say("Faults"),
        text=say("Here the shop learns to misbehave. Everything is in order until you change something."),
        groups=groups,
        save=button("act", "save", say("Save")),
        reset=button("act", "reset", say("Put all in order"), "quiet"),
    )
    return office.page(say("Faults"), content)


def _field(office: Office, label: str, name: str, value: object) -> Markup:
    choices = {**CHOICES, "limit_answer": ("503", "429")}
    if isinstance(value, bool):
        choices[name] = ("true", "false")
    if name not in choices:
        field = '<label>{label}<input name="{name}" value="{value}"></label>'
        return html(field, label=label, name=name, value=value)
    words = {"": "—", "true": office.say("yes"), "false": office.say("no")}
    now = str(value).lower() if isinstance(value, bool) else str(value)
    options = [
        html(
            '<option value="{choice}"{chosen}>{shown}</option>',
            choice=choice,
            chosen=Markup(" selected" if choice == now else ""),
            shown=words.get(choice, choice),
        )
        for choice in choices[name]
    ]
    field = '<label>{label}<select name="{name}">{options}</select></label>'
    return html(field, label=label, name=name, options=options)


@routes.add("POST", "/admin2/faults")
def change_faults(office: Office, request: Request) -> Response:
    """New faults, or none."""
    form = dict(request.form)
    if form.pop("act", "") == "reset":
        office.shop.faults.reset()
    else:
        office.shop.faults.update(form)
    return redirect("/admin2/faults")
