"""Whether prices include tax, by what the totals of all orders of a file leave for it."""

from dataclasses import dataclass

import duckdb

from retention_cli.ingest.tables import one

# Sums of parts that are rounded one by one differ by so much; of less tax a total says nothing.
ROUNDING = "0.02"
LEAST_TAX = "0.05"
UNKNOWN = (
    "nothing says whether prices include tax, so they are taken to exclude it; if they include"
    " it, write tax_included: {always: true} below orders in shop.yml"
)


@dataclass(frozen=True)
class Parts:
    """SQL of the amounts of an order, none of them NULL but the total.

    Attributes:
        goods: after discounts.
        shipping, tax: as charged.
        total: what was to be paid.
        others: tips, duties and what else has a column; a total may hold them or not.
    """

    goods: str
    shipping: str
    tax: str
    total: str
    others: str = "0"

    @property
    def whole(self) -> str:
        """What the tax is charged on."""
        return f"({self.goods} + {self.shipping})"

    def reading(self) -> str:
        """Return SQL of what the total says: included, added, between the two, or NULL."""
        without = f"({self.total} - {self.whole})"
        rest = f"({without} - {self.others})"
        return f"""case
            when abs({self.tax}) <= {LEAST_TAX} then null
            when abs({rest}) <= {ROUNDING} then 'included'
            when abs({rest} - {self.tax}) <= {ROUNDING} then 'added'
            when abs({without}) <= {ROUNDING} then 'included'
            when abs({without} - {self.tax}) <= {ROUNDING} then 'added'
            when {self.others} = 0 and {rest} / {self.tax} between 0 and 1 then 'between'
        end"""


@dataclass(frozen=True)
class TaxDecision:
    """Which rows have prices that include tax.

    Attributes:
        condition: SQL of a row, of `Parts`.
        decision, evidence: for the table of decisions.
        note: what a person should hear; empty where all totals agree that tax is added.
    """

    condition: str
    decision: str
    evidence: str
    note: str = ""


def decide_tax(
    connection: duckdb.DuckDBPyConnection, orders: str, parts: Parts, *, is_complete: bool
) -> TaxDecision:
    """Decide whether prices include tax by the totals of all orders together.

    Args:
        connection: where the orders are read.
        orders: a relation of the orders with the columns reading, whole and tax.
        parts: of a row, for where the orders differ.
        is_complete: all that lowers a total is known, so that one between both has a tip in it.
    """
    included, added, between, unclear = one(
        connection,
        f"select count(*) filter (reading = 'included'), count(*) filter (reading = 'added'),"
        f" count(*) filter (reading = 'between'),"
        f" count(*) filter (reading is null and abs(tax) > {LEAST_TAX}) from {orders}",
    )
    if is_complete or not (included or added or unclear > between):
        included += between
    else:
        unclear += between
    counts = f"{included:,} totals leave no room for tax on top, {added:,} add it to the prices"
    tips = tips_like_tax(connection, orders) if 0 < added <= included else 0
    if included and added == tips:
        note = "prices include tax, by the totals; it is taken out of goods and shipping"
        if tips:
            note += f" ({tips:,} totals are larger by exactly the tax: taken to be tips)"
        return TaxDecision("true", "prices include tax", counts, note)
    if included:
        most = "included" if included > added else "added"
        note = f"totals disagree on whether prices include tax ({counts}): each order is read by its own total"
        if unclear:
            note += f", and {unclear:,} that say neither, by the majority"
        condition = f"coalesce({parts.reading()}, '{most}') <> 'added'"
        return TaxDecision(condition, "order by order", counts, note)
    if added:
        return TaxDecision("false", "prices exclude tax", counts)
    if not unclear:
        return TaxDecision("false", "prices exclude tax", "no order has tax")
    return TaxDecision("false", "prices exclude tax", "no total says it", UNKNOWN)


def tips_like_tax(connection: duckdb.DuckDBPyConnection, orders: str) -> int:
    """Count the orders that seem to have the tax beside the prices, at the usual rate within them.

    Their totals are larger by a tip that is as large as the tax; at prices without tax the rate would
    be another.
    """
    (tips,) = one(
        connection,
        f"""
        with rates as (
            select reading, whole - tax as net, tax / nullif(whole - tax, 0) as rate
            from (select reading, cast(whole as double) as whole, cast(tax as double) as tax from {orders})
            where reading in ('included', 'added')
        ),
        usual as (select mode(round(rate, 3)) as rate from rates where reading = 'included')
        select count(*)
        from rates, usual
        where reading = 'added' and abs(rates.rate - usual.rate) <= 0.001 + 0.01 / abs(net)
        """,
    )
    return int(tips)
