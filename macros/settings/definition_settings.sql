{#- The settings that define the figures, as one text. Figures computed with different settings are not
    the same figures. -#}
{% macro definition_settings() %}
    {{ return(retention.settings_text(["figures"])) }}
{% endmacro %}
