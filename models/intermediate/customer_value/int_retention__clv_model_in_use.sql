-- One row: the parameters that score customers, NULL where the fit they need is refused.

with

clv_models as (
    select * from {{ ref("int_retention__clv_models") }}
    where is_used
),

final as (
    select
        max(case when model in ('bg_nbd', 'mbg_nbd') then model end) as purchase_model,
        {#- The smallest number of repeat purchases with which a customer can have dropped out. #}
        max(case when model = 'bg_nbd' then 1 when model = 'mbg_nbd' then 0 end) as first_dropout,
        max(r) as r,
        max(alpha) as alpha,
        max(a) as a,
        max(b) as b,
        max(p) as p,
        max(q) as q,
        max(v) as v
    from clv_models
)

select * from final
