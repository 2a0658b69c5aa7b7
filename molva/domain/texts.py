"""Verdicts and commissions in words a partner understands, in English and Russian.

Pure: no catalogues of translations, so that a file run by `molva simulate` and a page tell the same story.
"""

from collections.abc import Sequence
from functools import lru_cache

from molva.domain.terms import Terms
from molva.domain.verdicts import Commission, CommissionLine, Decision
from molva.domain.wording import Both, in_words, percent_words, time_in_words

LANGUAGES = ("en", "ru")
# The first gap is the partner's, the second is for when the touch was, since when the client is theirs, or the code.
_REASONS = {
    "en": {
        "link": "%s gets the order: the client came by the partner link, %s.",
        "qr": "%s gets the order: the client scanned the QR code, %s.",
        "form": "%s gets the order: the client filled in the partner's form, %s.",
        "code": "%s gets the order: promo code %s is used in it.",
        "landing": "%s gets the order: the address the client came to carries the partner's mark.",
        "attributed": "%s gets the order: the client is theirs since %s.",
        "no_touch": "Nobody gets the order: no visit, code or mark leads to a partner.",
        "window_ended": "Nobody gets the order: the client's visits are too old or counted for earlier orders.",
        "term_ended": "Nobody gets the order: the attribution has ended and no new visit or code came.",
        "own_purchase": "Nobody is paid: %s has the same e-mail or phone as the client.",
        "partner_blocked": "Nobody is paid: %s is blocked at the time of the order.",
    },
    "ru": {
        "link": "Заказ достаётся партнёру %s: клиент пришёл по партнёрской ссылке, %s.",
        "qr": "Заказ достаётся партнёру %s: клиент открыл QR-код, %s.",
        "form": "Заказ достаётся партнёру %s: клиент заполнил форму партнёра, %s.",
        "code": "Заказ достаётся партнёру %s: в заказе промокод %s.",
        "landing": "Заказ достаётся партнёру %s: клиент пришёл на адрес с меткой партнёра.",
        "attributed": "Заказ достаётся партнёру %s: клиент закреплён с %s.",
        "no_touch": "Заказ ничей: ни переход, ни промокод, ни метка не ведут к партнёру.",
        "window_ended": "Заказ ничей: переходы клиента слишком давние или засчитаны в прошлых заказах.",
        "term_ended": "Заказ ничей: закрепление кончилось, а новых переходов и промокодов нет.",
        "own_purchase": "Никому не платим: у партнёра %s те же почта или телефон, что у клиента.",
        "partner_blocked": "Никому не платим: партнёр %s заблокирован на момент заказа.",
    },
}
_UNPAID = {
    "en": {
        "zero_base": "Nothing is owed: after discounts the goods cost nothing.",
        "no_rule": "Nothing is owed: no rule fits these goods.",
        "rule_none": "Nothing is owed: the rule pays nothing for these goods.",
        "zero_amount": "Nothing is owed: the amount comes to zero.",
        "status": "Nothing is owed while the order is in this status.",
        "sales_limit": "Nothing is owed: the paid sales to this client are used up.",
    },
    "ru": {
        "zero_base": "Вознаграждения нет: после скидок товары ничего не стоят.",
        "no_rule": "Вознаграждения нет: для этих товаров нет правила.",
        "rule_none": "Вознаграждения нет: за эти товары правило не платит.",
        "zero_amount": "Вознаграждения нет: по расчёту выходит ноль.",
        "status": "Пока заказ в этом статусе, вознаграждения нет.",
        "sales_limit": "Вознаграждения нет: оплачиваемые покупки этого клиента уже кончились.",
    },
}
_ENGLISH, _RUSSIAN = _REASONS["en"], _REASONS["ru"]


def verdict_text(decision: Decision, unpaid: str | None, lang: str, terms: Terms) -> str:
    """Who got the order and why; why nothing is owed, when nothing is."""
    return verdict_texts(decision, unpaid, terms)[LANGUAGES.index(lang)]


def verdict_texts(decision: Decision, unpaid: str | None, terms: Terms) -> Both:
    """The same in both languages."""
    touch = decision.touch
    reason = touch.kind if decision.reason == "link" and touch else decision.reason
    english, russian = _ENGLISH[reason], _RUSSIAN[reason]
    partner = decision.partner or (decision.losers[0].partner if decision.losers else "")
    gaps = english.count("%s")
    if gaps == 2:
        details = _details(decision, terms)
        english, russian = english % (partner, details[0]), russian % (partner, details[1])
    elif gaps == 1:
        english, russian = english % (partner,), russian % (partner,)
    if unpaid:
        return f"{english} {_UNPAID['en'][unpaid]}", f"{russian} {_UNPAID['ru'][unpaid]}"
    return english, russian


def _details(decision: Decision, terms: Terms) -> Both:
    """When the touch was, since when the client is theirs, or the code."""
    touch = decision.touch
    if touch is not None and touch.kind == "code":
        return touch.code or "", touch.code or ""
    at = touch.at if touch is not None else decision.since
    return time_in_words(at or 0, terms.timezone)


def commission_text(commission: Commission, lang: str, terms: Terms) -> str:
    """What the commission is made of: rate and base of every rule that pays in it."""
    return commission_texts(commission, terms)[LANGUAGES.index(lang)]


def commission_texts(commission: Commission, terms: Terms) -> Both:
    """The same in both languages."""
    currency, digits = terms.currency, terms.digits
    parts = [_share_words(share, currency, digits) for share in _shares(commission)]
    english, russian = "; ".join([part[0] for part in parts]), "; ".join([part[1] for part in parts])
    money, sum_ = in_words(commission.amount_minor, currency, digits)
    level = commission.level
    if level == 1:
        return f"{money}: {english}.", f"{sum_}: {russian}."
    return (
        f"{money} on level {level}, for an invited partner's sale: {english}.",
        f"{sum_} за продажу приглашённого партнёра, уровень {level}: {russian}.",
    )


class _Share:
    """The lines of a commission that one rule pays, summed; minor units."""

    __slots__ = ("amount_minor", "base_minor", "full_minor", "percent", "rule", "uncut_minor")

    def __init__(self, line: CommissionLine) -> None:
        self.rule = line.rule
        self.percent = line.percent
        self.base_minor = self.amount_minor = self.full_minor = self.uncut_minor = 0


def _shares(commission: Commission) -> Sequence[_Share | CommissionLine]:
    lines = [line for line in commission.lines if line.percent is not None or line.fixed_minor is not None]
    if len(lines) < 2:
        return lines
    shares: dict[str, _Share] = {}
    for line in lines:
        share = shares.get(line.rule)
        if share is None:
            share = shares[line.rule] = _Share(line)
        share.base_minor += line.base_minor
        share.amount_minor += line.amount_minor
        share.full_minor += line.full_minor
        share.uncut_minor += line.uncut_minor
    return list(shares.values())


def _share_words(share: _Share | CommissionLine, currency: str, digits: int) -> Both:
    """What one rule pays of what, in both languages."""
    if share.full_minor and not share.amount_minor:
        return (
            f"rule “{share.rule}” has paid its number of sales",
            f"по правилу «{share.rule}» оплачиваемые покупки кончились",
        )
    of = share.base_minor if share.percent is not None else share.uncut_minor
    english_of, russian_of = in_words(of, currency, digits)
    before, after, russian_before, russian_after = _rate_words(share.percent, share.rule)
    english, russian = f"{before}{english_of}{after}", f"{russian_before}{russian_of}{russian_after}"
    if share.uncut_minor > share.full_minor:
        left, russian_left = in_words(share.full_minor, currency, digits)
        english += f" (the rule's cap leaves {left})"
        russian += f" (предел правила оставляет {russian_left})"
    return english, russian


@lru_cache(maxsize=1024)
def _rate_words(percent: str | None, rule: str) -> tuple[str, str, str, str]:
    """What stands before and after the base that a per cent is of, or a fixed sum; in English, then in Russian."""
    if percent is None:
        return "", f" as fixed by rule “{rule}”", "", f" по твёрдой ставке, правило «{rule}»"
    english, russian = percent_words(percent, "en"), percent_words(percent, "ru")
    return f"{english} of ", f", rule “{rule}”", f"{russian} от ", f", правило «{rule}»"
