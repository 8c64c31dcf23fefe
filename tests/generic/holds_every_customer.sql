{#- The groups of every segment dimension hold every customer once, with all their revenue. -#}
{% test holds_every_customer(model) %}

with

customers as (
    select
        count(*) as customers,
        coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref("retention", "retention__customers") }}
),

dimensions as (
    select
        segment_dimension,
        sum(customers) as customers,
        sum(net_revenue) as net_revenue
    from {{ model }}
    group by 1
)

select
    dimensions.*,
    customers.customers as all_customers,
    customers.net_revenue as net_revenue_of_all
from dimensions
cross join customers
where
    dimensions.customers <> customers.customers
    or dimensions.net_revenue <> customers.net_revenue

{% endtest %}
