-- Customers with equal values share a score, and a higher value never scores
-- lower.

{%- set scores = {
    "recency_score": "last_order_date",
    "frequency_score": "orders",
    "monetary_score": "net_revenue",
} %}

{% for score, quantity in scores.items() -%}
select
    '{{ score }}' as score,
    cast({{ quantity }} as {{ dbt.type_string() }}) as quantity,
    lowest,
    highest,
    highest_below
from (
    select
        {{ quantity }},
        min({{ score }}) as lowest,
        max({{ score }}) as highest,
        lag(max({{ score }})) over (order by {{ quantity }}) as highest_below
    from {{ ref("retention__customers") }}
    group by {{ quantity }}
) as scored
where lowest <> highest or highest_below > lowest
{% if not loop.last -%}
union all
{% endif %}
{%- endfor %}
