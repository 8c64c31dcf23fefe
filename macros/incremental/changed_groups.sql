{#- A pre-hook: the rows of the groups whose orders changed make way for those that are made anew. -#}
{% macro delete_changed_groups() %}
    {% if is_incremental() %}
        delete from {{ this }} where {{ retention.in_changed_groups() }}
    {% endif %}
{% endmacro %}


{#- Is a row of a group whose orders changed? In a run that builds everything anew, every row is looked at. -#}
{% macro in_changed_groups(order_group="order_group") -%}
    {#- Said in every case, so that dbt knows what comes first. -#}
    {%- set order_groups = ref("retention", "int_retention__order_groups") -%}
    {%- if is_incremental() -%}
    {{ order_group }} in (select changed.order_group from {{ order_groups }} as changed where changed.is_changed)
    {%- else -%}
    1 = 1
    {%- endif -%}
{%- endmacro %}
