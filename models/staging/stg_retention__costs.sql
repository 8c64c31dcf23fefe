{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_costs") %}

-- Every cost row in the input, typed, with the first reason why it cannot be used, if any. Costs have no id, so
-- equal rows are equal costs, and every one of them counts.

with

typed as (
    select
        -- texts
        {{ retention.lowercase(retention.text_column(columns, "purpose")) }} as purpose,
        {{ retention.text_column(columns, "channel") }} as channel,
        upper({{ retention.text_column(columns, "currency") }}) as currency,

        -- times
        {{ retention.time_column(columns, "spent_on") }} as spent_on,
        {{ retention.date_column(columns, "spent_on") }} as cost_date,

        -- amounts
        {{ retention.amount_column(columns, "amount") }} as amount,

        -- what times and amounts were read from
        {{ retention.written_text(columns, "spent_on") }} as spent_on_text,
        {{ retention.written_text(columns, "amount") }} as amount_text
    from {{ retention.input_source("raw_costs") }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_time("spent_on", "cost_date") }}
            {{- retention.reject_empty("purpose") }}
            when purpose not in ('acquisition', 'retention') then 'purpose is neither acquisition nor retention'
            {{- retention.reject_no_amount("amount") }}
            {{- retention.reject_amount("amount") }}
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case
            when rejection_reason is not null
                then {{ retention.raw_record(["purpose", "channel", "currency"], read=["spent_on", "amount"]) }}
        end as raw_record
    from checked
)

select * from final
