"""Invented orders of any number, written to Parquet without ever being held in memory.

    python -m tools.benchmarks.generator 1000000 orders.parquet

Everything about an order follows from its number and the seed, so with the same DuckDB a file is
the same at every run. Customers come in blocks of ten, who make a hundred orders with five guests:
some buy once, some dozens of times. Each starts on a day of their own; four in ten stay to the end,
the others for a share of the time that is left, most of them for a short one. So there are gaps of
all lengths, churn and customers who come back, and the likelihood of BG/NBD has a maximum.
"""

from pathlib import Path
from typing import Annotated

import duckdb
import typer

SEED = 1
FIRST_DAY = "2021-01-01"
DAYS = 1826  # five years
BLOCK = 100
# How many orders each of ten customers makes; the rest of the hundred is made by guests.
ORDERS_IN_BLOCK = (1, 1, 1, 2, 3, 4, 6, 10, 22, 45)
GUESTS_IN_BLOCK = BLOCK - sum(ORDERS_IN_BLOCK)
# The share of customers who still buy at the end.
STAYING = 0.4
MAXIMUM = 1_000_000_000
# A prime above the maximum: multiplied by it, the numbers of a shop's orders change places. A file
# in which the orders of a customer stand together would be read faster than any shop's export.
SHUFFLE = 1_618_033_999
MEMORY_LIMIT = "1GB"

COLUMNS = """
    printf('o%010d', number) as order_id,
    'c' || customer as customer_id,
    ordered_at,
    cast(cents / 100 as decimal(18, 2)) as gross_amount,
    cast(if(share('discount', number) < 0.2, cents // 10, 0) / 100 as decimal(18, 2))
        as discount_amount,
    if(share('status', number) < 0.02, 'cancelled', 'paid') as status
"""


def write_orders(path: Path, orders: int) -> None:
    """Write orders of five years, ten a customer, in no order.

    Columns: order_id and customer_id (text; no customer in every twentieth), ordered_at (timestamp,
    UTC), gross_amount and discount_amount (decimal, of one currency), status (2 % `cancelled`).

    Args:
        path: the Parquet file, which appears when it is complete.
        orders: how many, a multiple of 100 from 100 to a billion.

    Raises:
        ValueError: no such number of orders.
    """
    if orders % BLOCK or not BLOCK <= orders <= MAXIMUM:
        raise ValueError(f"{orders} orders: give a multiple of {BLOCK} up to {MAXIMUM:,}")
    bounds = [sum(ORDERS_IN_BLOCK[: place + 1]) for place in range(len(ORDERS_IN_BLOCK))]
    seconds = DAYS * 86400
    guests = orders // BLOCK * GUESTS_IN_BLOCK
    write(
        path,
        f"""
        with

        -- The order's place in its block, which says who of the ten customers made it.
        places as (
            select
                number,
                number * {SHUFFLE} % {orders} // {BLOCK} as block,
                number * {SHUFFLE} % {orders} % {BLOCK} as place
            from range({orders}) as numbers (number)
        ),

        buyers as (
            select
                number,
                block * {GUESTS_IN_BLOCK} + place - {bounds[-1]} as guest,
                case
                    when place < {bounds[-1]}
                        then block * 10 + len(list_filter({bounds}, bound -> bound <= place))
                end as customer,
                place in ({", ".join(map(str, [0, *bounds[:-1]]))}) as is_first_order
            from places
        ),

        -- Customers start evenly over the years; guests buy from the first second to the last.
        dated as (
            select
                number,
                customer,
                share('start', customer) as start,
                if(is_first_order, 0, share('moment', number)) * if(
                    share('stays', customer) < {STAYING}, 1, pow(share('stay', customer), 2)
                ) as moment,
                guest / {max(guests - 1, 1)} as guest_moment
            from buyers
        ),

        final as (
            select
                number,
                customer,
                timestamp '{FIRST_DAY}' + to_microseconds(cast(
                    if(customer is null, guest_moment, start + (1 - start) * moment)
                    * {seconds - 1} * 1000000
                    as bigint
                )) as ordered_at
            from dated
        )

        """,
    )


def write(path: Path, steps: str) -> None:
    """Write what the last of `steps`, `final` (number, customer, ordered_at), makes of orders."""
    unfinished = path.with_suffix(".unfinished")
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute(
            f"create macro share(topic, number) as hash(number, topic, {SEED}) / pow(2::double, 64)"
        )
        connection.execute(
            f"""
            copy (
                {steps},

                priced as (
                    select
                        *,
                        500 + cast(floor(share('amount', number) * 9500) as bigint)
                        * (1 + cast(floor(share('budget', customer) * 4) as bigint))
                        as cents
                    from final
                )

                select {COLUMNS} from priced
            ) to '{unfinished}' (format parquet)
            """
        )
    unfinished.rename(path)


def main(
    orders: Annotated[int, typer.Argument(help="how many, a multiple of 100")],
    path: Annotated[Path, typer.Argument(help="the Parquet file to write")],
) -> None:
    """Write invented orders of five years, ten a customer, as Parquet."""
    write_orders(path, orders)


if __name__ == "__main__":
    typer.run(main)
