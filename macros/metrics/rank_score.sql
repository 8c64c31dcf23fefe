{#- A score from 1 to 5 by rank: 1 + the number of full fifths of all rows that rank strictly below. Equal values
    share a score, which depends neither on row order nor on how the engine handles ties. -#}
{% macro rank_score(value) -%}
    cast(1 + floor(5.0 * (rank() over (order by {{ value }}) - 1) / count(*) over ()) as {{ dbt.type_bigint() }})
{%- endmacro %}
