{#- Names the identities that a failed test found broken, since one test checks all identities of a model in one pass. -#}
{% macro say_broken_identities(results) %}
    {% for result in results if result.node.resource_type == "test" and result.status == "fail" %}
        {#- A project that uses this one has tests of its own. #}
        {% set test = result.node.test_metadata if result.node.package_name == "retention" else none %}
        {% set names = (test.kwargs.get("identities") or {}) | list if test else [] %}
        {% if names %}
            {% set counts = run_query(retention.rows_breaking(names, result.node.compiled_code)).rows[0] %}
            {% for name in names %}
                {% if counts[loop.index0] %}
                    {% do log(result.node.name ~ ": " ~ name ~ " does not hold; failing rows: " ~ counts[loop.index0], info=true) %}
                {% endif %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{% macro rows_breaking(names, failing_rows) %}
select
    {%- for name in names %}
    sum({{ name }}){{ "," if not loop.last }}
    {%- endfor %}
from (
    {{ failing_rows }}
) as failing_rows
{% endmacro %}
