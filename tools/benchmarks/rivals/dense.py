"""Customers in a row for each month since their first: the way of published dbt packages.

Quarters and years are seen at the months that close them. Weeks, which no months make, are left
out, and so is everything but the period snapshots.
"""

import duckdb

WINDOW = 90  # activity_window_days, as the project has it unless told


def make(connection: duckdb.DuckDBPyConnection, orders: str) -> dict[str, duckdb.DuckDBPyRelation]:
    """Return the period snapshots of months, quarters and years, in the columns that both have.

    Args:
        connection: an empty database.
        orders: the Parquet files, a glob.
    """
    connection.execute(
        f"""
        create temp table orders as
        select
            customer_id,
            cast(ordered_at as date) as order_date,
            gross_amount,
            gross_amount - discount_amount as net_amount,
            status <> 'cancelled' as is_purchase
        from read_parquet('{orders}');

        create temp table months as
        select
            cast(month as date) as month,
            least(last_day(month), (select max(order_date) from orders)) as close
        from
            (
                select date_trunc('month', min(order_date)) as first, max(order_date) as last
                from orders
            ) as bounds,
            generate_series(first, last, interval 1 month) as series (month);

        create temp table customer_months as
        with

        activity as (
            select
                customer_id,
                cast(date_trunc('month', order_date) as date) as month,
                max(order_date) as last_order_date,
                count(*) as orders,
                sum(gross_amount) as gross_revenue,
                sum(net_amount) as net_revenue
            from orders
            where customer_id is not null and is_purchase
            group by 1, 2
        ),

        customers as (
            select customer_id, min(month) as first_month from activity
            group by 1
        ),

        spine as (
            select customers.*, months.* from customers
            cross join months
            where months.month >= customers.first_month
        )

        select
            spine.customer_id,
            spine.month,
            spine.month = spine.first_month as is_first,
            coalesce(orders, 0) as orders,
            coalesce(gross_revenue, 0) as gross_revenue,
            coalesce(net_revenue, 0) as net_revenue,
            max(last_order_date) over (partition by spine.customer_id order by spine.month)
            > spine.close - {WINDOW} as is_active
        from spine
        left join activity
            on spine.customer_id = activity.customer_id and spine.month = activity.month;
        """
    )
    snapshots = " union all ".join(
        f"""
        select
            '{grain}' as period_grain,
            period_start,
            count_if(was_active) as opening_customers,
            count_if(was_active and is_active) as retained_customers,
            count_if(was_active and not is_active) as lost_customers,
            count_if(not was_active and is_active and is_first) as new_customers,
            count_if(not was_active and is_active and not is_first) as reactivated_customers,
            count_if(is_active) as closing_customers,
            count_if(is_first) as acquired_customers,
            count_if(orders > 0) as ordering_customers,
            count_if(orders > 1) as repeat_customers,
            count_if(orders > 0 and not is_first) as returning_customers,
            cast(sum(orders) as bigint) as orders,
            sum(gross_revenue) as gross_revenue,
            sum(net_revenue) as net_revenue
        from (
            select
                *,
                coalesce(
                    lag(is_active) over (partition by customer_id order by period_start), false
                ) as was_active
            from {periods}
        )
        group by period_start
        """
        for grain, periods in {
            "month": "(select *, month as period_start from customer_months)",
            "quarter": at_close("quarter"),
            "year": at_close("year"),
        }.items()
    )
    connection.execute(f"create temp table snapshots as {snapshots}")
    return {"retention__period_snapshots": connection.table("snapshots")}


def at_close(grain: str) -> str:
    """Return the query that makes rows of customers and quarters or years of those of months."""
    return f"""(
        select
            customer_id,
            cast(date_trunc('{grain}', month) as date) as period_start,
            bool_or(is_first) as is_first,
            arg_max(is_active, month) as is_active,
            sum(orders) as orders,
            sum(gross_revenue) as gross_revenue,
            sum(net_revenue) as net_revenue
        from customer_months
        group by 1, 2
    )"""
