-- Every cost record that came in, typed, with the reason why it is not used, if there is one. Costs have
-- no id, so equal records are equal costs, and every one of them counts.

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
        cast({{ retention.parse_timestamp("spent_on") }} as date) as cost_date,
        {{ retention.parse_amount("amount") }} as amount_value
    from source_records
),

checked as (
    select
        typed.*,
        case
            {{- retention.reject_empty("spent_on") }}
            {{- retention.reject_time("spent_on", "cost_date", "cost_date") }}
            {{- retention.reject_empty("purpose") }}
        when known_purpose not in ('acquisition', 'retention') then 'purpose is neither acquisition nor retention'
            {{- retention.reject_empty("amount") }}
            {{- retention.reject_amount("amount", "amount_value") }}
            {{- retention.reject_outside_range("spent_on", "cost_date") }}
        end as rejection_reason
    from typed
    cross join reporting_range
),

final as (
    select
        cost_date,
        known_purpose as purpose,
        amount_value as amount,
        channel,
        upper(currency) as currency,
        1 as copies,
        rejection_reason,
        case when rejection_reason is not null then {{ retention.raw_record("raw_costs") }} end as raw_record
    from checked
)

select * from final
