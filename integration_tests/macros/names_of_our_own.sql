{#- The shop has macros that are called like some of the package. Neither minds the other. -#}
{% macro ratio(numerator, denominator) %}{{ exceptions.raise_compiler_error("the shop's ratio was called") }}{% endmacro %}

{% macro inputs() %}{{ exceptions.raise_compiler_error("the shop's inputs was called") }}{% endmacro %}

{% macro plain_amount(text) %}{{ exceptions.raise_compiler_error("the shop's plain_amount was called") }}{% endmacro %}

{% macro period_start(grain, date) %}{{ exceptions.raise_compiler_error("the shop's period_start was called") }}{% endmacro %}
