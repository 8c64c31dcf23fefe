{{ config(enabled=(retention.input_of_records("raw_customers") == "raw_customers"), materialized="view") }}

{{ retention.read_input("raw_customers") }}
