{#- A pre-hook: the rows of the groups whose orders changed make way for those that are made anew. -#}
{% macro delete_changed_groups() %}
    {% if is_incremental() %}
        delete from {{ this }}
        where order_group in (
            select order_group from {{ ref("retention", "int_retention__order_groups") }}
            where is_changed
        )
    {% endif %}
{% endmacro %}


{#- The condition, in an incremental run, that a row is of such a group. -#}
{% macro in_changed_groups(order_group="order_group") -%}
    {%- if is_incremental() -%}
    {{ order_group }} in (
        select changed_groups.order_group from {{ ref("retention", "int_retention__order_groups") }} as changed_groups
        where changed_groups.is_changed
    )
    {%- else -%}
    1 = 1
    {%- endif -%}
{%- endmacro %}
