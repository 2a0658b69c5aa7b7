"""Verdicts and commissions in words a partner understands, in English and Russian.

Pure: no catalogues of translations, so that a file run by `molva simulate` and a page tell the same story.
"""

from collections.abc import Sequence
from functools import lru_cache

from molva.domain.terms import Terms
from molva.domain.verdicts import Commission, CommissionLine, Decision
from molva.domain.wording import money_words, percent_words, time_words

LANGUAGES = ("en", "ru")
# {0}: the partner; {1}: when the touch was, since when the client is theirs, or the code.
_REASONS = {
    "en": {
        "link": "{0} gets the order: the client came by the partner link, {1}.",
        "qr": "{0} gets the order: the client scanned the QR code, {1}.",
        "form": "{0} gets the order: the client filled in the partner's form, {1}.",
        "code": "{0} gets the order: promo code {1} is used in it.",
        "landing": "{0} gets the order: the address the client came to carries the partner's mark.",
        "attributed": "{0} gets the order: the client is theirs since {1}.",
        "no_touch": "Nobody gets the order: no visit, code or mark leads to a partner.",
        "window_ended": "Nobody gets the order: the client's visits are too old or counted for earlier orders.",
        "term_ended": "Nobody gets the order: the attribution has ended and no new visit or code came.",
        "own_purchase": "Nobody is paid: {0} has the same e-mail or phone as the client.",
        "partner_blocked": "Nobody is paid: {0} is blocked at the time of the order.",
    },
    "ru": {
        "link": "Заказ достаётся партнёру {0}: клиент пришёл по партнёрской ссылке, {1}.",
        "qr": "Заказ достаётся партнёру {0}: клиент открыл QR-код, {1}.",
        "form": "Заказ достаётся партнёру {0}: клиент заполнил форму партнёра, {1}.",
        "code": "Заказ достаётся партнёру {0}: в заказе промокод {1}.",
        "landing": "Заказ достаётся партнёру {0}: клиент пришёл на адрес с меткой партнёра.",
        "attributed": "Заказ достаётся партнёру {0}: клиент закреплён с {1}.",
        "no_touch": "Заказ ничей: ни переход, ни промокод, ни метка не ведут к партнёру.",
        "window_ended": "Заказ ничей: переходы клиента слишком давние или засчитаны в прошлых заказах.",
        "term_ended": "Заказ ничей: закрепление кончилось, а новых переходов и промокодов нет.",
        "own_purchase": "Никому не платим: у партнёра {0} те же почта или телефон, что у клиента.",
        "partner_blocked": "Никому не платим: партнёр {0} заблокирован на момент заказа.",
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
_TOUCHED = frozenset({"link", "qr", "form"})  # reasons that tell when
_CUT = {"en": " (the rule's cap leaves {sum})", "ru": " (предел правила оставляет {sum})"}
_BEYOND = {
    "en": "rule “{rule}” has paid its number of sales",
    "ru": "по правилу «{rule}» оплачиваемые покупки кончились",
}


def verdict_text(decision: Decision, unpaid: str | None, lang: str, terms: Terms) -> str:
    """Who got the order and why; why nothing is owed, when nothing is."""
    touch = decision.touch
    reason = touch.kind if decision.reason == "link" and touch else decision.reason
    partner = decision.partner or (decision.losers[0].partner if decision.losers else "")
    detail: str | None = ""
    if reason in _TOUCHED and touch is not None:
        detail = time_words(touch.at, terms.timezone, lang)
    elif reason == "attributed" and decision.since is not None:
        detail = time_words(decision.since, terms.timezone, lang)
    elif touch is not None:
        detail = touch.code
    said = _REASONS[lang][reason].format(partner, detail)
    return f"{said} {_UNPAID[lang][unpaid]}" if unpaid else said


def commission_text(commission: Commission, lang: str, terms: Terms) -> str:
    """What the commission is made of: rate and base of every rule that pays in it."""
    return _commission_words(commission, _shares(commission), lang, terms)


def commission_texts(commission: Commission, terms: Terms) -> dict[str, str]:
    """The same in every language."""
    shares = _shares(commission)
    return {lang: _commission_words(commission, shares, lang, terms) for lang in LANGUAGES}


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


def _commission_words(
    commission: Commission, shares: Sequence[_Share | CommissionLine], lang: str, terms: Terms
) -> str:
    currency, digits = terms.currency, terms.digits
    parts = []
    for share in shares:
        if share.full_minor and not share.amount_minor:
            parts.append(_BEYOND[lang].format(rule=share.rule))
            continue
        if share.percent is not None:
            before, after = _rate_words(share.percent, share.rule, lang)
            said = f"{before}{money_words(share.base_minor, currency, digits, lang)}{after}"
        else:
            said = _fixed(money_words(share.uncut_minor, currency, digits, lang), share.rule, lang)
        if share.uncut_minor > share.full_minor:
            said += _CUT[lang].format(sum=money_words(share.full_minor, currency, digits, lang))
        parts.append(said)
    money = money_words(commission.amount_minor, currency, digits, lang)
    how = parts[0] if len(parts) == 1 else "; ".join(parts)
    if commission.level == 1:
        return f"{money}: {how}."
    if lang == "ru":
        return f"{money} за продажу приглашённого партнёра, уровень {commission.level}: {how}."
    return f"{money} on level {commission.level}, for an invited partner's sale: {how}."


@lru_cache(maxsize=1024)
def _rate_words(percent: str, rule: str, lang: str) -> tuple[str, str]:
    """What stands before the base that a per cent is of, and after it."""
    said = percent_words(percent, lang)
    return (f"{said} от ", f", правило «{rule}»") if lang == "ru" else (f"{said} of ", f", rule “{rule}”")


def _fixed(money: str, rule: str, lang: str) -> str:
    if lang == "ru":
        return f"{money} по твёрдой ставке, правило «{rule}»"
    return f"{money} as fixed by rule “{rule}”"
