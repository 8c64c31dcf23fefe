-- The fits behind the predicted customer lifetime value, and how far they can be trusted.

with

fits as (
    select * from {{ ref("int_retention__clv_models") }}
),

final as (
    select
        model,
        {%- for column in retention.clv_fit_numbers() + retention.clv_fit_flags() %}
        {{ column }},
        {%- endfor %}
        converged,
        choice_reason,
        refused_reason,
        holdout_refused_reason
    from fits
)

select * from final
