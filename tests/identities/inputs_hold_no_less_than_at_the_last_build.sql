-- Since the last build, the rows, amounts and days of each input have not fallen, nor the share of rejected rows risen, by more
-- than the settings largest_fall_of_inputs and largest_rise_of_rejects allow. accept_smaller_inputs accepts it for one run.
-- `publish` stops if this fails.
{{ config(severity="warn") }}

{{ retention.smaller_inputs() }}
