{{ config(enabled=(var("source_format") == "generic"), materialized="view") }}

{{ retention.read_input("raw_orders") }}
