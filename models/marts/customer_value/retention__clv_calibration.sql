-- Expected and actual purchases in the hold-out, for each tenth of the customers.

with

tenths as (
    {{ retention.clv_results("tenth") | indent(4) }}
),

final as (
    select
        cast(tenth as {{ dbt.type_bigint() }}) as tenth,
        cast(customers as {{ dbt.type_bigint() }}) as customers,
        expected_purchases,
        actual_purchases,
        expected_buyers,
        actual_buyers,
        cast(expected_value as {{ retention.type_money() }}) as expected_value,
        cast(actual_value as {{ retention.type_money() }}) as actual_value
    from tenths
)

select * from final
