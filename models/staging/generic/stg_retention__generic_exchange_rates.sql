{{ config(materialized="view") }}

{{ retention.read_input("raw_exchange_rates") }}
