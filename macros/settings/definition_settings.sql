{#- The settings that decide what the figures mean, as one text. Figures that differ under other settings
    are not the same figures. -#}
{% macro definition_settings() %}
    {{ return(retention.settings_text(["figures"])) }}
{% endmacro %}
