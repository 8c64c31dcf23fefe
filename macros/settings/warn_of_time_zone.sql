{#- Warns if the engine's data on the reporting time zone differ from dbt's, within two years before and one year after
    today, because a law changed since the engine was released. Orders near midnight then count on another day. -#}
{% macro warn_of_time_zone() %}
    {% set name = var("reporting_timezone") | string %}
    {% if not execute or name == "UTC" or target.type not in ["duckdb", "postgres"] %}
        {{ return("") }}
    {% endif %}
    {% set zone = modules.pytz.timezone(name) %}
    {% set start = modules.datetime.datetime(run_started_at.year - 2, run_started_at.month, 15, 12) %}
    {% set times = [] %}
    {% for month in range(36) %}
        {% do times.append(start + modules.datetime.timedelta(days=30.4375 * month)) %}
    {% endfor %}
    {% set utc = "cast('" ~ times | join("' as timestamp) as utc union all select cast('") ~ "' as timestamp) as utc" %}
    {% set rows = run_query(
        "select cast(utc as " ~ dbt.type_string() ~ ") || ' ' as utc, cast(" ~ retention.convert_timezone("utc", "UTC", name)
        ~ " as " ~ dbt.type_string() ~ ") || ' ' as shown from (select " ~ utc ~ ") as times order by 1"
    ).rows %}
    {% set different = [] %}
    {% for row in rows %}
        {% set expected = modules.pytz.utc.localize(times[loop.index0]).astimezone(zone).strftime("%Y-%m-%d %H:%M") %}
        {% if row[1][:16] != expected %}
            {% do different.append(row[0][:7]) %}
        {% endif %}
    {% endfor %}
    {% if different %}
        {% do exceptions.warn(
            "reporting_timezone: " ~ target.type ~ " has older rules of " ~ name ~ " than dbt, which differ from " ~ different[0]
            ~ " on; orders near midnight count on another day there (docs/engines.md)"
        ) %}
    {% endif %}
{% endmacro %}
