{#- A score from 1 to 5 by rank: 1 + the whole fifths of all rows that lie strictly below. Equal values
    share a score, and neither the order of the rows nor the engine's way with ties can change it. -#}
{% macro rank_score(value) -%}
    cast(1 + floor(5.0 * (rank() over (order by {{ value }}) - 1) / count(*) over ()) as {{ dbt.type_bigint() }})
{%- endmacro %}
