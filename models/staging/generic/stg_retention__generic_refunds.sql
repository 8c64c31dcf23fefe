{{ config(enabled=(retention.input_of_records("raw_refunds") == "raw_refunds"), materialized="view") }}

{{ retention.read_input("raw_refunds") }}
