"""One aggregation by customer, straight from the files: the least that any way has to do."""

import duckdb


def make(connection: duckdb.DuckDBPyConnection, orders: str) -> dict[str, duckdb.DuckDBPyRelation]:
    """Return orders, first and last moment and revenue of each customer.

    Args:
        connection: an empty database, in a file.
        orders: the Parquet files, a glob.
    """
    connection.execute(
        f"""
        create table customer_totals as
        select
            customer_id,
            count(*) as orders,
            min(ordered_at) as first_ordered_at,
            max(ordered_at) as last_ordered_at,
            sum(gross_amount) as gross_revenue
        from read_parquet('{orders}')
        group by customer_id
        """
    )
    return {"customer_totals": connection.table("customer_totals")}
