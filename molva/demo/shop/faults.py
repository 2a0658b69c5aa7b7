"""How the fake shop misbehaves on command: lost and repeated hooks, strange answers of the API, the call limit."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "api_answer": ("", "401", "403", "404", "422", "503", "429", "504", "500", "html", "wrong_json", "slow"),
    "deleted_orders": ("archived", "missing"),
    "install_mode": ("after_answer", "at_once"),
    "currency_code": ("RUR", "RUB", "USD", "KZT"),
    "content_policy": ("", "strict", "files"),
}


@dataclass
class Faults:
    """The fault menu; every value may change while the shop works. Percentages are 0–100, times are seconds.

    `api_answer` replaces answers of the admin API: an HTTP code, an HTML page with code 200, JSON cut in the
    middle, or a right answer `api_slow_seconds` late. It hits `api_percent` of the calls whose path contains
    `api_path`, and ends after `api_left` of them (−1 is never). `deleted_orders` says what reading a deleted
    order answers: archived or missing. `install_mode` says when a new password of an application begins to work:
    after its install address has answered 200, or at once; documentation says both. The `uninstall_leaves_…` keep
    what an application had made after it is gone. `login_cyrillic_key` writes email_сonfirmed with a Cyrillic letter.
    `charge_silent` loses the only call of a charge's return address, `theme_locked` answers 403 to changes of themes,
    `private_addresses` lets outer discounts live on this machine. Of the storefront: `tags_on_checkout` puts scripts
    there too, `old_theme` has no common.v2.js, `content_policy` sends a strict one, or one that lets in file tags.
    """

    hooks_lost_percent: int = 0
    hooks_repeated_percent: int = 0
    hooks_shuffled_percent: int = 0
    hooks_shuffle_seconds: float = 1.0
    hooks_delay_seconds: float = 0.0
    hooks_stale_percent: int = 0
    api_answer: str = ""
    api_percent: int = 100
    api_left: int = -1
    api_path: str = ""
    api_retry_after: int = 5
    api_slow_seconds: float = 5.0
    limit_on: bool = True
    limit_calls: int = 500
    limit_seconds: int = 300
    limit_answer: int = 503
    deleted_orders: str = "archived"
    install_mode: str = "after_answer"
    uninstall_leaves_webhooks: bool = False
    uninstall_leaves_tags: bool = False
    uninstall_leaves_widgets: bool = False
    login_cyrillic_key: bool = False
    hooks_xml_percent: int = 0
    limit_retry_after: bool = True
    currency_code: str = "RUR"
    private_addresses: bool = False
    theme_locked: bool = False
    charge_silent: bool = False
    tags_on_checkout: bool = True
    old_theme: bool = False
    consent_banner: bool = False
    content_policy: str = ""

    def update(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Take new values by name (JSON values or form texts); returns what was refused, by name."""
        known = {item.name: type(item.default) for item in fields(self)}
        refused = {name: "unknown" for name in values if name not in known}
        for name, kind in known.items():
            if name in values:
                try:
                    setattr(self, name, _convert(values[name], kind, name))
                except ValueError as error:
                    refused[name] = str(error)
        return refused

    def reset(self) -> None:
        """Behave well again."""
        for item in fields(self):
            setattr(self, item.name, item.default)


def _convert(value: Any, kind: type, name: str) -> Any:
    if kind is bool:
        return str(value).lower() in {"1", "true", "on", "yes"}
    converted = kind(value)
    if name in CHOICES and converted not in CHOICES[name]:
        raise ValueError(f"one of {', '.join(CHOICES[name])}")
    if name.endswith("_percent") and not 0 <= converted <= 100:
        raise ValueError("0–100")
    return converted
