-- Which channel brings customers who stay?
--
-- One row per value of each segment dimension, those whose customers stay longest first; look at the
-- dimension of your acquisition channel (in the demo shop `acquisition_channel`). `stay_half_a_year` is the
-- survival after 182 days with its 95 % interval: where two intervals do not overlap, the channels differ.
-- It compares all values over the same time, unlike the mean lifetime: `longest_observed_days` says how
-- long each has been observed. `value_after_half_a_year` is revenue per customer by the end of the second
-- quarter after that of the first purchase, including customers who never came back; NULL where quarters
-- are not among the period grains. A channel whose many customers do not stay has to buy its growth again
-- every quarter: compare its cost with this value.

with

survival as (
    select * from {{ ref("retention__survival") }}
),

survival_lifetimes as (
    select * from {{ ref("retention__survival_lifetimes") }}
),

cohort_averages as (
    select * from {{ ref("retention__cohort_averages") }}
    where cohort_grain = 'quarter' and age = 2
),

-- The curve is flat between its days, so the last day up to then applies.
until_half_a_year as (
    select
        *,
        row_number() over (partition by segment_dimension, segment_value order by day desc) as days_back
    from survival
    where day <= 182
),

final as (
    select
        survival_lifetimes.segment_dimension,
        survival_lifetimes.segment_value,
        survival_lifetimes.customers,
        {%- for bound in ["", "_low", "_high"] %}
        case
            when survival_lifetimes.longest_observed_days >= 182 then until_half_a_year.survival{{ bound }}
        end as stay_half_a_year{{ bound }},
        {%- endfor %}
        survival_lifetimes.median_lifetime_days,
        survival_lifetimes.restricted_mean_lifetime_days,
        survival_lifetimes.longest_observed_days,
        cohort_averages.cumulative_value_per_customer as value_after_half_a_year
    from survival_lifetimes
    inner join until_half_a_year
        on
            survival_lifetimes.segment_dimension = until_half_a_year.segment_dimension
            and survival_lifetimes.segment_value = until_half_a_year.segment_value
            and until_half_a_year.days_back = 1
    left join cohort_averages
        on
            survival_lifetimes.segment_dimension = cohort_averages.segment_dimension
            and survival_lifetimes.segment_value = cohort_averages.segment_value
)

select * from final
order by segment_dimension, stay_half_a_year desc, segment_value
