{#- The articles whose definitions the metrics follow, by their name in the catalogue. An empty publisher
    or year is unknown. -#}
{% macro source_articles() %}
    {{ return({
        "what_is_customer_retention": {
            "title": "Was ist Kundenbindung? Bedeutung, Metriken und Strategien",
            "publisher": "NotifyVisitors",
            "year": "2022",
        },
        "eleven_retention_strategies": {
            "title": "11 zeitlose Strategien für die Kundenbindung",
            "publisher": "",
            "year": "2022",
        },
        "retention_marketing": {
            "title": "Retention Marketing: Definition, Strategien, Expertentipps und Beispiele",
            "publisher": "Omnisend",
            "year": "",
        },
        "five_retention_misunderstandings": {
            "title": "5 häufige Missverständnisse über die Kundenbindung",
            "publisher": "",
            "year": "2021",
        },
        "understanding_the_retention_rate": {
            "title": "Retention-Rate verstehen",
            "publisher": "",
            "year": "",
        },
    }) }}
{% endmacro %}


{#- The articles of a metric as a citation: "Title" (publisher, year). -#}
{% macro cite_articles(names) -%}
    {%- set citations = [] -%}
    {%- for name in names -%}
        {%- set article = retention.source_articles()[name] -%}
        {%- set origin = [article.publisher, article.year] | select | join(", ") -%}
        {%- do citations.append('"' ~ article.title ~ '"' ~ (" (" ~ origin ~ ")" if origin else "")) -%}
    {%- endfor -%}
    {{- return(citations | join("; ") or "none") -}}
{%- endmacro %}
