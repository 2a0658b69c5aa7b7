"""Every address of Molva, read from the resolver, and who is expected behind each. A new one must be declared here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ALL = ("owner", "manager", "accountant")
RULERS = ("owner", "manager")
OWNER = ("owner",)
CASHIERS = ("owner", "accountant")
PUBLIC, SIGNED_IN, CABINET = "public", "signed in", "cabinet"
OPERATOR = "operator"  # nothing is there where one company is served: tests/web/apps/test_subscription.py

# What stands in an address: the parameter's name, or for «pk» the thing that the page is about.
OFFICE: dict[str, tuple[tuple[str, ...], str]] = {
    "today": (ALL, ""), "terms": (ALL, ""), "terms_version": (ALL, ""), "shop": (ALL, ""),
    "comparison": (ALL, ""), "comparison_start": (RULERS, ""), "comparison_stop": (RULERS, ""),
    "comparison_fix": (RULERS, ""), "finding": (ALL, "finding"), "finding_fix": (RULERS, "finding"),
    "finding_explain": (RULERS, "finding"), "finding_give_code": (RULERS, "finding"),
    "past": (ALL, "shop"), "past_start": (RULERS, "shop"), "past_pause": (RULERS, "shop"),
    "past_resume": (RULERS, "shop"),
    "shop_setup": (ALL, ""),
    "inbound": (ALL, ""), "inbound_event": (ALL, "inbound"), "jobs": (ALL, ""),
    "partners": (ALL, ""), "partner": (ALL, "partner"), "customers": (ALL, ""), "customer": (ALL, "customer"),
    "orders": (ALL, ""), "order": (ALL, "order"), "commissions": (ALL, ""), "commission": (ALL, "commission"),
    "payouts": (ALL, ""), "payout": (ALL, "payout"), "payout_print": (ALL, "payout"),
    "figures": (ALL, ""), "report_accruals": (ALL, ""), "report_sales": (ALL, ""), "exports": (ALL, ""),
    "content": (ALL, ""), "content_item": (ALL, "content"),
    "export_start": (ALL, ""), "export": (ALL, "export"), "export_file": (ALL, "export"),
    "export_cancel": (ALL, "export"), "export_again": (ALL, "export"),
    "history": (ALL, ""), "search": (ALL, ""),
    "terms_edit": (RULERS, ""), "rule_new": (RULERS, ""), "rule_edit": (RULERS, ""),
    "rule_remove": (RULERS, ""), "terms_restore": (RULERS, ""), "terms_withdraw": (RULERS, ""),
    "whatifs": (RULERS, ""), "whatif": (RULERS, "whatif"), "whatif_start": (RULERS, "whatif"),
    "whatif_stop": (RULERS, "whatif"), "whatif_publish": (RULERS, "whatif"),
    "news": (ALL, ""), "news_new": (RULERS, ""), "news_edit": (RULERS, "news"),
    "news_publish": (RULERS, "news"), "news_withdraw": (RULERS, "news"), "page": (RULERS, ""),
    "settings": (RULERS, ""), "shop_connect": (RULERS, ""), "shop_refresh": (RULERS, "shop"),
    "installs": (OWNER, ""), "install_accept": (OWNER, "install"), "install_refuse": (OWNER, "install"),
    "members": (ALL, ""), "member_role": (OWNER, "member"), "member_remove": (OWNER, "member"),
    "member_owner": (OWNER, "member"), "member_let_in": (OWNER, "closed"),
    "shop_set_up": (RULERS, "shop"), "shop_disconnect": (RULERS, "shop"),
    "shop_script": (RULERS, ""),
    "self_test": (ALL, ""), "self_test_run": (ALL, "self_test"), "self_test_start": (RULERS, ""),
    "self_test_daily": (RULERS, ""), "self_test_stop": (RULERS, "self_test"),
    "inbound_retry": (RULERS, "inbound"), "inbound_reject": (RULERS, "inbound"),
    "orders_add": (RULERS, ""), "orders_import": (RULERS, ""), "orders_import_progress": (RULERS, ""),
    "job_retry": (RULERS, "job"), "job_discard": (RULERS, "job"),
    "partner_add": (RULERS, ""), "partners_bulk": (RULERS, ""), "partner_edit": (RULERS, "partner"),
    "partner_email_keep": (RULERS, "partner"),
    "partner_add_link": (RULERS, "partner"), "partner_link": (RULERS, "partner"),
    "partner_add_code": (RULERS, "partner"), "customer_note": (RULERS, "customer"),
    "order_recalc": (ALL, "order"),  # settles by the published rules: nobody can choose what comes out
    "codes": (ALL, ""), "codes_nobodys": (ALL, ""), "code_requests": (ALL, ""), "code": (ALL, "code"),
    "codes_make": (RULERS, ""), "codes_progress": (RULERS, ""), "codes_auto": (RULERS, ""),
    "codes_check": (RULERS, ""), "code_give": (RULERS, ""), "code_decline": (RULERS, "code_request"),
    "code_edit": (RULERS, "code"), "code_void": (RULERS, "code"), "code_bring": (RULERS, "code"),
    "code_accept": (RULERS, "code"), "code_respell": (RULERS, "code"), "code_keep": (RULERS, "code"),
    "partner_adjust": (CASHIERS, "partner"), "payouts_prepare": (CASHIERS, ""),
    "payout_draft": (CASHIERS, ""), "payout_approve": (CASHIERS, "payout"),
    "payout_paid": (CASHIERS, "payout"), "payout_cancel": (CASHIERS, "payout"),
    "payout_failed": (CASHIERS, "payout"),
}  # fmt: skip
OTHERS: dict[str, str] = {
    **dict.fromkeys(
        ("office:subscription", "office:subscription_refresh", "office:subscription_order",
         "office:charge_take_back"), OPERATOR,
    ),
    **dict.fromkeys(("office:home", "office:new_programme", "cabinet:home", "public:nowhere"), SIGNED_IN),
    **dict.fromkeys(
        ("media", "setup", "hooks:accept", "public:root", "public:landing", "public:thanks", "public:accent",
         "public:script", "public:offer", "ui:theme", "ui:language", "ui:gallery", "apps:install", "apps:uninstall",
         "apps:entry", "apps:login", "apps:confirm", "apps:finish", "apps:stopped", "apps:widget_script",
         "apps:widget_reference", "apps:widget_frame", "public:email_change", "apps:charged"), PUBLIC,
    ),
    **dict.fromkeys(
        ("account_login", "account_request_login_code", "account_confirm_login_code", "account_password_login",
         "account_signup", "account_inactive", "account_logout", "account_reset_password",
         "account_reset_password_done", "account_reset_password_from_key_done",
         "account_reset_password_from_key"), PUBLIC,
    ),
}  # fmt: skip
CABINET_THINGS = {
    "today": "", "links": "", "orders": "", "money": "", "paper": "", "team": "", "profile": "", "terms": "",
    "email": "", "email_keep": "", "share": "", "share_card": "", "news": "",
    "link_switch": "link", "link_qr": "link", "order": "order", "payout": "payout", "commission": "commission",
    "codes": "", "code_card": "code", "statistics": "", "content": "", "content_new": "", "content_item": "content",
    "content_edit": "content", "content_archive": "content", "content_check": "content",
}  # fmt: skip
ACTS = {  # answers to POST only; a GET must not do them
    "comparison_start", "comparison_stop", "finding_fix", "finding_explain", "finding_give_code",
    "past_start", "past_pause", "past_resume", "shop_refresh", "shop_set_up", "inbound_retry", "inbound_reject",
    "job_retry",
    "job_discard", "partner_add_link", "partner_add_code", "customer_note", "terms_restore", "order_recalc",
    "link_switch", "self_test_start", "self_test_daily", "self_test_stop",
    "member_let_in", "whatif_start", "whatif_stop",
    "codes_check", "code_bring", "code_accept", "code_respell", "code_keep",
    "email_keep", "partner_email_keep", "news_publish", "export_start", "export_cancel", "export_again",
    "content_archive", "content_check",
}  # fmt: skip
OWNERS_OWN = {
    "export",
    "whatif",
}  # things of one person (here the owner): nobody else of the company finds them


@dataclass(frozen=True)
class Door:
    """One address: its full name, its parameters, who may come in, and what its «pk» is."""

    name: str
    params: tuple[str, ...]
    callback: Any
    who: str | tuple[str, ...] | None
    thing: str

    @property
    def short(self) -> str:
        """The name without its face."""
        return self.name.rpartition(":")[2]


def doors() -> list[Door]:
    """All of them."""
    return list(_walk(get_resolver(), "", ()))


def _walk(resolver: URLResolver, face: str, before: tuple[str, ...]) -> Iterator[Door]:
    for one in resolver.url_patterns:
        params = (*before, *one.pattern.converters, *one.pattern.regex.groupindex)
        params = tuple(dict.fromkeys(params))
        if isinstance(one, URLResolver):
            yield from _walk(one, f"{one.namespace}:" if one.namespace else face, params)
        elif isinstance(one, URLPattern):
            yield _door(f"{face}{one.name}", params, one.callback)


def _door(name: str, params: tuple[str, ...], callback: Any) -> Door:
    face, _colon, short = name.rpartition(":")
    who: str | tuple[str, ...] | None = OTHERS.get(name)
    thing = ""
    if who is None and face == "office" and short in OFFICE:
        who, thing = OFFICE[short]
    if who is None and face == "cabinet" and short in CABINET_THINGS:
        who, thing = CABINET, CABINET_THINGS[short]
    return Door(name, params, callback, who, thing)
