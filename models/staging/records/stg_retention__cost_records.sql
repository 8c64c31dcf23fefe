-- Every cost record that came in, typed, with the reason why it is not used, if there is one. Costs have
-- no id, so equal records are equal costs, and every one of them counts.

{%- set kinds = retention.stored_kinds("raw_costs") %}

with

source_records as (
    {{ retention.source_records("raw_costs") }}
),

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

reporting_range as (
    {{- retention.reporting_range("orders") }}
),

typed as (
    select
        *,
        lower(purpose) as known_purpose,
        {{ retention.stored_time("spent_on", kinds) }} as cost_time,
        {{ retention.stored_amount("amount", kinds) }} as amount_value
    from source_records
),

dated as (
    select
        *,
        {{ retention.reporting_date("cost_time") }} as cost_date
    from typed
),

rated as (
    {{ retention.with_exchange_rate("dated", "currency", "cost_date", kinds) }}
),

checked as (
    select
        rated.*,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty_value("spent_on", "cost_time", kinds) }}
            {{- retention.reject_time("spent_on", "cost_time", kinds) }}
            {{- retention.reject_empty("purpose") }}
            when rated.known_purpose not in ('acquisition', 'retention')
                then 'purpose is neither acquisition nor retention'
            {{- retention.reject_empty_value("amount", "amount_value", kinds) }}
            {{- retention.reject_amount("amount", "amount_value", kinds) }}
            {{- retention.reject_outside_range("spent_on", "cost_date") }}
            {{- retention.reject_unconverted("spent_on", ["amount_value", "0"]) }}
        end as reason
    from rated
    cross join reporting_range
),

final as (
    select
        cost_date,
        known_purpose as purpose,
        {{ retention.convert_money("amount_value") }} as amount,
        {{ retention.stored_text("channel", kinds) }} as channel,
        upper({{ retention.stored_text("currency", kinds) }}) as currency,
        {{ retention.row_accounting("raw_costs", kinds) }}
    from checked
)

select * from final
