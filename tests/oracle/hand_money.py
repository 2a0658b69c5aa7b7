"""Hand-made cases: which rule pays, how much, and the client's sales."""

from tests.oracle.build import case, line, order, programme, rule, rules, t

FULL = rule("full", "100", None)


def by_code(when: float, name: str, *goods: dict[str, object], **more: object) -> dict[str, object]:
    """An order that B gets by his code."""
    return order(when, name, None, *goods, codes=["anna10"], **more)


CASES = [
    case(
        "per cent of a line is rounded half up, once; level 2 is of the sale",
        programme(),
        by_code(2, "o1", line("1234.45")),
        owed={"o1": ["1 B 123.45", "2 A 37.03"]},
    ),
    case(
        "each line is rounded by itself",
        programme(),
        by_code(2, "o1", line("0.05", "x"), line("0.05", "y")),
        owed={"o1": ["1 B 0.02"]},
        lines={"o1/1": ["x 0.05 default 0.01", "y 0.05 default 0.01"]},
    ),
    case(
        "an order-level discount by the largest remainder, ties to the earlier line",
        programme(rules=[FULL]),
        by_code(2, "o1", line("100", "x"), line("100", "y"), line("100", "z"), discount="1.00"),
        lines={"o1/1": ["x 99.66 full 99.66", "y 99.67 full 99.67", "z 99.67 full 99.67"]},
    ),
    case(
        "the largest remainder goes before the earlier line",
        programme(rules=[FULL]),
        by_code(2, "o1", line("1.00", "x"), line("2.00", "y"), discount="0.02"),
        # 0.67 and 1.33 of two kopecks: floors 0 and 1, the one left goes to the larger remainder, x
        lines={"o1/1": ["x 0.99 full 0.99", "y 1.99 full 1.99"]},
    ),
    case(
        "a discount above the goods leaves nothing; delivery is no base",
        programme(),
        by_code(2, "o1", line("100"), discount="100.01", delivery="500.00"),
        verdicts={"o1": "B code zero_base"},
    ),
    case(
        "a fixed sum per unit times quantity, rounded half up",
        programme(rules=[rule("r", {"fixed": "0.05"}, {"fixed": "0.01"}, per="unit")]),
        by_code(2, "o1", line("10", quantity="1.5")),
        owed={"o1": ["1 B 0.08", "2 A 0.02"]},
    ),
    case(
        "a fixed sum per line; lines with base 0 pay nothing",
        programme(rules=[rule("r", {"fixed": "7"}, None)]),
        by_code(2, "o1", line("10", "x"), line("0", "y"), line("0.01", "z", quantity="9")),
        owed={"o1": ["1 B 14.00"]},
        lines={"o1/1": ["x 10.00 r 7.00", "z 0.01 r 7.00"]},
    ),
    case(
        "a fixed sum per order, on the first line with a base that this rule wins",
        programme(
            rules=[rule("r", {"fixed": "7"}, None, per="order"), rule("p", "50", None, when_product=["p"])]
        ),
        by_code(2, "o1", line("0", "w"), line("10", "x", product="p"), line("20", "y"), line("30", "z")),
        lines={"o1/1": ["x 10.00 p 5.00", "y 20.00 r 7.00", "z 30.00 r 0.00"]},
    ),
    case(
        "a cap per order, rule and level cuts from the last line backwards",
        programme(rules=[rule("r", "10", "3", cap="25")]),
        by_code(2, "o1", line("200", "x"), line("100", "y"), line("100", "z")),
        owed={"o1": ["1 B 25.00", "2 A 12.00"]},
        lines={
            "o1/1": ["x 200.00 r 20.00", "y 100.00 r 5.00", "z 100.00 r 0.00"],
            "o1/2": ["x 200.00 r 6.00", "y 100.00 r 3.00", "z 100.00 r 3.00"],
        },
    ),
    case(
        "a cap of 0 comes to 0",
        programme(rules=[rule("r", "10", None, cap="0")]),
        by_code(2, "o1"),
        verdicts={"o1": "B code zero_amount"},
    ),
    case(
        "who stands before code, code before what, whatever the priority",
        programme(
            partners=[{"id": "A"}, {"id": "B", "groups": ["g"]}, {"id": "C"}],
            rules=[
                rule("partner", "1", None, when_partner=["B"], when_client="new"),
                rule(
                    "group", "2", None, when_group=["g"], when_code=["Anna10"], when_product=["p"], priority=9
                ),
            ],
        ),
        by_code(2, "o1", line("100", product="p")),
        lines={"o1/1": ["1 100.00 partner 1.00"]},
    ),
    case(
        "code stands before product, sku equals product, category comes after",
        programme(
            rules=[
                rule("category", "1", None, when_category=["k"], priority=5),
                rule("sku", "2", None, when_sku=["S"]),
                rule("product", "3", None, when_product=["p"]),
                rule("code", "4", None, when_code=[" ANNA10"]),
            ]
        ),
        by_code(2, "o1", line("100", product="p", sku="S", categories=["z", "k"])),
        order(3, "o2", None, line("100", product="p", sku="S", categories=["k"])),
        order(4, "o3", None, line("100", "x", categories=["k"]), line("100", "y", sku="s")),
        lines={
            "o1/1": ["1 100.00 code 4.00"],
            "o2/1": ["1 100.00 product 3.00"],
            "o3/1": ["x 100.00 category 1.00"],
        },
    ),
    case(
        "ties: the higher priority, then the later in the list",
        programme(rules=[rule("x", "1", None), rule("y", "2", None), rule("z", "3", None, priority=-1)]),
        by_code(2, "o1", line("100")),
        lines={"o1/1": ["1 100.00 y 2.00"]},
    ),
    case(
        "no second search: a winner that does not name the level pays nothing there",
        programme(rules=[rule(), rule("own", {"none": True}, None, when_partner=["B"])]),
        by_code(2, "o1"),
        verdicts={"o1": "B code rule_none"},
        owed={"o1": []},
    ),
    case(
        "level 2 may be paid though level 1 is not",
        programme(rules=[{"id": "r", "reward": {"2": {"percent": "3"}}}]),
        by_code(2, "o1"),
        verdicts={"o1": "B code rule_none"},
        owed={"o1": ["2 A 30.00"]},
    ),
    case(
        "an empty list never holds",
        programme(rules=[rule("r", when_partner=[])]),
        by_code(2, "o1"),
        verdicts={"o1": "B code no_rule"},
    ),
    case(
        "new: no order with an earlier creation; orders of one moment are both new",
        programme(
            rules=[
                rule("new", "10", None, when_client="new"),
                rule("old", "1", None, when_client="returning"),
            ]
        ),
        by_code(2, "o1", status="cancelled"),
        by_code(2, "o2"),
        by_code(3, "o3"),
        owed={"o1": [], "o2": ["1 B 100.00"], "o3": ["1 B 10.00"]},
    ),
    case(
        "the order total is that of the first accrual status, a later return keeps the rule",
        programme(
            rules=[
                rule("small", "1", None),
                rule("big", "10", None, when_order_total_from="1000.00", priority=1),
            ]
        ),
        by_code(2, "o1", status="new", discount="500"),
        by_code(3, "o1", created=2, seq=1),
        by_code(4, "o1", line("400.00"), created=2, seq=2),
        lines={"o1/1": ["1 400.00 big 40.00"]},
    ),
    case(
        "before the first accrual status the total is that of the latest snapshot; limits inclusive",
        programme(rules=[rule("r", "10", None, when_order_total_to="1000.00")]),
        by_code(2, "o1", line("1000.01"), status="new"),
        by_code(2, "o2", line("1000.00"), status="new", client={"id": "c2"}),
        verdicts={"o1": "B code no_rule", "o2": "B code status"},
        balances={"A": "0.00 0.00 0.00 0.00", "B": "100.00 0.00 0.00 0.00", "C": "0.00 0.00 0.00 0.00"},
    ),
    case(
        "the second sale by another rule; a returned first one gives its place on",
        programme(rules=[rule("one", "10", None, when_sale_to=1), rule("more", "1", None, when_sale_from=2)]),
        by_code(2, "o1"),
        by_code(3, "o2"),
        by_code(4, "o1", created=2, seq=1, status="cancelled"),
        postings=[
            "2 accrual B 100.00 o1/1",
            "3 accrual B 10.00 o2/1",
            "4 accrual B 90.00 o2/1",
            "4 correction B -100.00 o1/1",
        ],
        verdicts={"o1": "B code status", "o2": "B code"},
    ),
    case(
        "places by the time of the first accrual status, not by creation",
        programme(rules=[rule("one", "10", None, when_sale_to=1), rule("more", "1", None, when_sale_from=2)]),
        by_code(2, "o1", status="new"),
        by_code(3, "o2"),
        by_code(4, "o1", created=2, seq=1),
        owed={"o1": ["1 B 10.00"], "o2": ["1 B 100.00"]},
    ),
    case(
        "one paid sale: a return gives its place to the next one",
        programme(rules=[rule(paid_sales=1)]),
        by_code(2, "o1"),
        by_code(3, "o2"),
        by_code(4, "o1", created=2, seq=1, status="back"),
        by_code(5, "o1", created=2, seq=2),
        verdicts={"o1": "B code", "o2": "B code sales_limit"},
        owed={"o1": ["1 B 100.00", "2 A 30.00"], "o2": []},
        postings=[
            "2 accrual A 30.00 o1/2",
            "2 accrual B 100.00 o1/1",
            "4 accrual A 30.00 o2/2",
            "4 accrual B 100.00 o2/1",
            "4 correction A -30.00 o1/2",
            "4 correction B -100.00 o1/1",
            "5 accrual A 30.00 o1/2",
            "5 accrual B 100.00 o1/1",
            "5 correction A -30.00 o2/2",
            "5 correction B -100.00 o2/1",
        ],
    ),
    case(
        "a sale that pays nothing on level 1 has no place in the count of paid sales",
        programme(
            rules=[
                rule(paid_sales=1),
                rule("gift", {"none": True}, "3", when_product=["gift"], paid_sales=1),
            ]
        ),
        by_code(2, "o1", line("100", product="gift")),
        by_code(3, "o2"),
        by_code(4, "o3", line("100", product="gift")),
        owed={"o1": ["2 A 3.00"], "o2": ["1 B 100.00", "2 A 30.00"], "o3": ["2 A 3.00"]},
        verdicts={"o1": "B code rule_none", "o2": "B code", "o3": "B code rule_none"},
    ),
    case(
        "the limit is of the rule of the line, the count is of all paying sales",
        programme(
            rules=[rule("many", "10", None), rule("few", "50", None, when_product=["p"], paid_sales=1)]
        ),
        by_code(2, "o1"),
        by_code(3, "o2", line("100", "x", product="p"), line("100", "y")),
        lines={
            "o1/1": ["1 1000.00 many 100.00"],
            "o2/1": ["x 100.00 few 0.00", "y 100.00 many 10.00"],
        },
    ),
    case(
        "days since the attribution, inclusive",
        programme(rules=[rule("r", "10", None, when_days_since_attribution_to=1)]),
        by_code(2, "o1"),
        by_code(3, "o2"),
        order(3, "o3", micros=1),
        owed={"o1": ["1 B 100.00"], "o2": ["1 B 100.00"], "o3": []},
        verdicts={"o1": "B code", "o2": "B code", "o3": "B attributed no_rule"},
    ),
    case(
        "months since the attribution: to the end of the last day where there is no such day, local time",
        programme(rules=[rule("r", "10", None, when_months_since_attribution_to=1)]),
        # 31 January 12:00 in Moscow is t(-28); 28 February ends at t(0.5)
        by_code(-28, "o1"),
        order(0.5, "o2", micros=-1),
        order(0.5, "o3"),
        verdicts={"o1": "B code", "o2": "B attributed", "o3": "B attributed no_rule"},
    ),
    case(
        "months in another zone: the day is that of the programme",
        programme(rules=[rule("r", "10", None, when_months_since_attribution_to=0)], timezone="UTC"),
        # t(2) is 09:00 UTC; the day ends at 03:00 in Moscow, fifteen hours later
        by_code(2, "o1"),
        order(2.625, "o2", micros=-1),
        order(2.625, "o3"),
        verdicts={"o1": "B code", "o2": "B attributed", "o3": "B attributed no_rule"},
    ),
    case(
        "valid from, inclusive, to valid to, exclusive",
        programme(rules=[rule("r", "10", None, when_valid_from=t(2), when_valid_to=t(3))]),
        by_code(2, "o1"),
        by_code(3, "o2"),
        by_code(2, "o3", micros=-1),
        verdicts={"o1": "B code", "o2": "B code no_rule", "o3": "B code no_rule"},
    ),
    case(
        "rules in force at the creation, rules of that very moment included",
        programme(),
        by_code(2, "o1", line("100"), status="new"),
        by_code(3, "o2", line("100")),
        rules(3, rule("half", "50", None)),
        by_code(4, "o1", line("100"), created=2, seq=1),
        owed={"o1": ["1 B 10.00", "2 A 3.00"], "o2": ["1 B 50.00"]},
        postings=["3 accrual B 50.00 o2/1", "4 accrual A 3.00 o1/2", "4 accrual B 10.00 o1/1"],
    ),
    case(
        "whole yen",
        programme(currency="JPY", rules=[rule("r", "12.5", {"fixed": "7"})]),
        by_code(2, "o1", line("100")),
        owed={"o1": ["1 B 13", "2 A 7"]},
    ),
    case(
        "dinars of three digits",
        programme(currency="KWD", rules=[rule("r", "12.5", {"fixed": "7"})]),
        by_code(2, "o1", line("0.1")),
        owed={"o1": ["1 B 0.013", "2 A 7.000"]},
    ),
]
