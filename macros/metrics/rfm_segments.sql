{#- The named segments of customers and the scores that make them; the first rule that fits decides. VIP
    customers buy recently, often and for much; loyal customers often and still; those at risk were among
    the best and have not been seen for long; the hibernating were not; the new made their first purchase
    recently; the rest are occasional buyers. -#}
{% macro rfm_segments() %}
    {{ return({
        "vip": "recency_score >= 4 and frequency_score >= 4 and monetary_score >= 4",
        "loyal": "recency_score >= 3 and frequency_score >= 4",
        "at_risk": "recency_score <= 2 and (frequency_score >= 4 or monetary_score >= 4)",
        "hibernating": "recency_score <= 2",
        "new": "recency_score >= 4 and orders = 1",
        "occasional": "true",
    }) }}
{% endmacro %}
