-- Every cost row in the input, in the reporting currency, with the first reason why it is not used, if any.

with

costs as (
    select * from {{ ref("stg_retention__costs") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

rated as (
    select
        costs.*,
        reporting_dates.first_period_start,
        reporting_dates.as_of_date,
        {{ retention.exchange_rate("costs.currency") }} as exchange_rate,
        reporting.reporting_currency
    from costs
    cross join reporting_dates
    {{ retention.join_exchange_rates("costs.currency", "costs.cost_date") }}
),

checked as (
    select
        *,
        case
            when rejection_reason is not null then rejection_reason
            when cost_date > as_of_date then 'spent_on is after the as-of date'
            when cost_date < first_period_start then 'spent_on is before the first period with an order'
            {{- retention.reject_unconverted("spent_on", "amount") }}
        end as reason
    from rated
),

final as (
    select
        cost_date,
        purpose,
        channel,
        currency,
        amount as source_amount,
        {{ retention.convert_money("amount") }} as amount,
        reason as rejection_reason,
        case
            when reason is not null
                then coalesce(raw_record, {{ retention.raw_record(["purpose", "channel", "currency"], values=["spent_on", "amount"]) }})
        end as raw_record
    from checked
)

select * from final
