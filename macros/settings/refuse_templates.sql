{#- Stops the run if a var on the command line is a template: dbt renders every text var, so a file name or a status
    could otherwise run code. This has to be the first macro to read the vars. -#}
{% macro refuse_templates() %}
    {% set given = invocation_args_dict.get("vars") or {} %}
    {% for name, value in (given if given is mapping else fromyaml(given)).items()
        if value is string and modules.re.search("[{][{%#]", value) %}
        {% do exceptions.raise_compiler_error(
            name ~ ": the value has " ~ modules.re.search("[{][{%#]", value).group() ~ " in it, which dbt takes for code; rename the file or the value"
        ) %}
    {% endfor %}
{% endmacro %}
