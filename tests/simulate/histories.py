"""Random programmes and histories, small enough that everything meets everything."""

from typing import Any

from hypothesis import strategies as st

from tests.simulate.running import Json, at

PARTNERS = ("A", "B", "C", "D")
STATUSES = ("new", "delivered", "paid", "cancelled")
moments = st.builds(at, st.integers(1, 28), st.sampled_from((0, 12)))
sums = st.integers(0, 30_000).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")
percents = st.sampled_from(("0", "3", "10", "12.5", "33.335", "100"))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def rewards() -> st.SearchStrategy[Json]:
    one = percents.map(lambda p: {"percent": p}) | sums.map(lambda s: {"fixed": s}) | st.just({"none": True})
    return st.dictionaries(st.sampled_from(("1", "2", "3")), one, max_size=3)


@st.composite
def rule(draw: st.DrawFn, number: int, *, placeless: bool) -> Json:
    """A rule; `placeless`: no condition that depends on when facts became known."""
    conditions = {
        "partner": st.lists(st.sampled_from(PARTNERS), max_size=2),
        "group": st.lists(st.sampled_from(("vip", "new")), max_size=2),
        "product": st.lists(st.sampled_from(("p1", "p2")), max_size=2),
        "category": st.lists(st.sampled_from(("k1", "k2")), max_size=2),
        "code": st.lists(st.sampled_from(("code-b", "CODE-C")), max_size=2),
        "client": st.sampled_from(("new", "returning")),
        "days_since_attribution_to": st.integers(0, 10),
        "valid_from": moments,
        "valid_to": moments,
    }
    if not placeless:
        conditions |= {"order_total_from": sums, "order_total_to": sums}
        conditions |= {"sale_from": st.integers(1, 3), "sale_to": st.integers(1, 3)}
    chosen = draw(st.lists(st.sampled_from(sorted(conditions)), max_size=2, unique=True))
    return {
        "id": f"r{number}",
        "priority": draw(st.integers(-1, 1)),
        "when": {name: draw(conditions[name]) for name in chosen},
        "reward": draw(rewards()),
        "per": draw(st.sampled_from(("line", "unit", "order"))),
        "paid_sales": 0 if placeless else draw(st.integers(0, 2)),
        "cap": draw(maybe(sums)),
    }


@st.composite
def programmes(draw: st.DrawFn, *, placeless: bool = False) -> Json:
    rules = [draw(rule(number, placeless=placeless)) for number in range(draw(st.integers(1, 4)))]
    plain = {"id": "plain", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}, "priority": -5}
    return {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "attribution": {
            "policy": draw(st.sampled_from(("first", "last"))),
            "code_over_link": draw(st.booleans()),
            "click_window_days": draw(maybe(st.integers(0, 10))),
            "term_days": draw(maybe(st.integers(0, 10))),
            "term_mode": draw(st.sampled_from(("sliding", "fixed"))),
            "own_purchases": draw(st.booleans()),
        },
        "accrual": {
            "statuses": ["delivered", "paid"],
            "lost": ["cancelled"],
            "hold_days": draw(st.integers(0, 3)),
        },
        "levels": draw(st.integers(1, 3)),
        "rules": [plain, *rules],
        "partners": [
            {
                "id": name,
                "invited_by": draw(st.sampled_from((None, *PARTNERS[:number]))),
                "groups": draw(st.lists(st.sampled_from(("vip", "new")), max_size=1)),
                "email": draw(maybe(st.sampled_from(("e1@x.ru", "e2@x.ru")))),
                "welcome": draw(maybe(sums)),
                "blocked": draw(st.integers(0, 5)) == 0,
            }
            for number, name in enumerate(PARTNERS)
        ],
        "codes": [{"code": "Code-B", "partner": "B"}, {"code": "code-c", "partner": "C"}],
    }


clients = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(("c1", "c2", "c3")),
        "email": st.sampled_from(("e1@x.ru", "E2@x.ru", "e3@x.ru")),
        "phone": st.sampled_from(("89161234567", "+7 916 123-45-67", "no")),
    },
).filter(bool)
visitors = maybe(st.sampled_from(("v1", "v2")))
codes = st.lists(st.sampled_from(("CODE-B", "code-c ", "other")), max_size=2)


@st.composite
def bodies(draw: st.DrawFn, name: str, created: str) -> Json:
    lines = [
        {
            "id": str(number),
            "total": draw(sums),
            "product": draw(maybe(st.sampled_from(("p1", "p2")))),
            "categories": draw(st.lists(st.sampled_from(("k1", "k2")), max_size=1)),
            "quantity": draw(st.sampled_from(("1", "2", "0.5"))),
        }
        for number in range(draw(st.integers(0, 3)))
    ]
    return {
        "id": name,
        "created_at": created,
        "client": draw(clients),
        "visitor": draw(visitors),
        "codes": draw(codes),
        "landing": draw(maybe(st.sampled_from(("/?aff=B", "/?aff=code-c", "/?x=1")))),
        "status": draw(st.sampled_from(STATUSES)),
        "discount": draw(st.sampled_from(("0.00", "0.01", "33.33"))),
        "lines": lines,
    }


@st.composite
def snapshots(draw: st.DrawFn) -> list[Json]:
    """All events of one order, each a whole snapshot."""
    name = f"o{draw(st.integers(1, 5))}"
    created, *known = sorted(draw(st.lists(moments, min_size=2, max_size=4)))
    return [
        {"at": when, "type": "order", "seq": draw(st.integers(0, 3)), "order": draw(bodies(name, created))}
        for when in known
    ]


@st.composite
def others(draw: st.DrawFn) -> Json:
    """Any event but an order's."""
    when = draw(moments)
    kind = draw(st.sampled_from(("touch", "touch", "touch", "lead", "payout", "rules", "partner")))
    partner = draw(st.sampled_from(PARTNERS))
    if kind == "touch":
        visitor = draw(st.sampled_from(("v1", "v2")))
        return {"at": when, "type": kind, "visitor": visitor, "partner": partner, "kind": "link"}
    if kind == "lead":
        return {
            "at": when,
            "type": kind,
            "client": draw(clients),
            "visitor": draw(visitors),
            "codes": draw(codes),
        }
    if kind == "payout":
        return {"at": when, "type": kind, "partner": partner}
    if kind == "rules":
        return {"at": when, "type": kind, "rules": [draw(rule(9, placeless=True))]}
    changes = draw(
        st.fixed_dictionaries({}, optional={"blocked": st.booleans(), "email": st.just("e3@x.ru")})
    )
    return {"at": when, "type": kind, "partner": {"id": partner, **changes}}


@st.composite
def histories(draw: st.DrawFn) -> list[Json]:
    orders = draw(st.lists(snapshots(), max_size=4))
    rest = draw(st.lists(others(), max_size=8))
    return draw(st.permutations([*(event for events in orders for event in events), *rest]))
