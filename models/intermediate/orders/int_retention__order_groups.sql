{{ config(
    materialized=retention.incremental(),
    incremental_strategy="delete+insert",
    unique_key="group_key",
) }}

-- The orders that are put in sequence together: those of a customer, or those of nobody known on one day. A
-- group is changed where anything that its figures are made of differs from the last run, or where time has
-- gone by: a lapse has come about, a purchase has moved into the calibration half of the time.

-- What an incremental run reads besides.
-- depends_on: {{ ref("int_retention__reporting_dates") }}

{%- set attributes = retention.attribute_columns() %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

refunds as (
    select
        refunds.*,
        orders.customer_key,
        orders.order_date
    from {{ ref("stg_retention__refunds") }} as refunds
    inner join orders
        on refunds.order_id = orders.order_id
),

{% if is_incremental() -%}
reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

{% endif -%}
grouped_rows as (
    select
        {{ retention.order_group_key() }} as group_key,
        1 as orders,
        case when is_purchase then order_date end as purchase_date,
        {{ retention.row_fingerprint([
            "order_id", "ordered_at", "order_date", "is_purchase", "currency", "gross_revenue", "discounts", "shipping", "taxes",
            "cost",
        ] + attributes) }} as fingerprint
    from orders

    union all

    select
        {{ retention.order_group_key() }} as group_key,
        0 as orders,
        cast(null as date) as purchase_date,
        {{ retention.row_fingerprint(["refund_id", "order_id", "refund_date", "amount"]) }} as fingerprint
    from refunds
    {%- if attributes %}

    union all

    select
        customer_key as group_key,
        0 as orders,
        cast(null as date) as purchase_date,
        {{ retention.row_fingerprint(["customer_key"] + attributes) }} as fingerprint
    from {{ ref("int_retention__customers") }}
    {%- endif %}
),

current_groups as (
    select
        grouped_rows.group_key,
        {%- if is_incremental() %}
        max(case
            when
                grouped_rows.purchase_date > least(last_run.previous_calibration_date, reporting_dates.calibration_date)
                and grouped_rows.purchase_date <= greatest(last_run.previous_calibration_date, reporting_dates.calibration_date)
                then 1
            else 0
        end) as calibration_purchases,
        {%- endif %}
        sum(grouped_rows.fingerprint) as fingerprint,
        max(grouped_rows.purchase_date) as last_purchase_date
    from grouped_rows
    {% if is_incremental() -%}
    cross join reporting_dates
    cross join {{ retention.last_run_relation() }} as last_run
    {% endif -%}
    group by grouped_rows.group_key
    having sum(grouped_rows.orders) > 0
),

{% if is_incremental() -%}
{%- set lapse_dates = retention.lapse_dates("current_groups.last_purchase_date") %}
known_groups as (
    select * from {{ this }}
),

compared as (
    select
        coalesce(current_groups.group_key, known_groups.group_key) as group_key,
        known_groups.order_group,
        current_groups.fingerprint,
        known_groups.is_changed as was_changed,
        (
            coalesce(
                current_groups.fingerprint <> known_groups.fingerprint,
                (current_groups.fingerprint is null) <> (known_groups.fingerprint is null)
            )
            or current_groups.calibration_purchases = 1
            {%- for lapse_date in lapse_dates %}
            or (
                {{ lapse_date }} > least(last_run.previous_as_of_date, reporting_dates.as_of_date)
                and {{ lapse_date }} <= greatest(last_run.previous_as_of_date, reporting_dates.as_of_date)
            )
            {%- endfor %}
        ) as differs
    from current_groups
    full outer join known_groups
        on current_groups.group_key = known_groups.group_key
    cross join reporting_dates
    cross join {{ retention.last_run_relation() }} as last_run
),

-- The other groups stay as they are.
final as (
    select
        group_key,
        cast(
            coalesce(
                order_group,
                (select max(known_groups.order_group) from known_groups)
                + row_number() over (partition by order_group order by group_key)
            ) as {{ dbt.type_bigint() }}
        ) as order_group,
        cast(fingerprint as {{ retention.type_fingerprint() }}) as fingerprint,
        coalesce(differs, false) as is_changed
    from compared
    where differs or was_changed
)
{%- else -%}
final as (
    select
        group_key,
        cast({{ retention.row_numbers("group_key") }} as {{ dbt.type_bigint() }}) as order_group,
        cast(fingerprint as {{ retention.type_fingerprint() }}) as fingerprint,
        true as is_changed
    from current_groups
)
{%- endif %}

select * from final
