{#- The named segments of customers, each a rule in terms of retention__customers; the first rule that fits decides. VIP
    customers buy recently, often and for much; loyal customers often and still; those at risk were among the best and have
    not been seen for long; the hibernating were not; the new made their first purchase recently; the rest are occasional
    buyers. A lapsed customer is at risk or hibernating, however recent beside others: scores compare customers with each
    other, and where most have lapsed, the most recent fifth may have too. -#}
{% macro rfm_segments() %}
    {{ return({
        "vip": "status = 'active' and recency_score >= 4 and frequency_score >= 4 and monetary_score >= 4",
        "loyal": "status = 'active' and recency_score >= 3 and frequency_score >= 4",
        "at_risk": "(status = 'lapsed' or recency_score <= 2) and (frequency_score >= 4 or monetary_score >= 4)",
        "hibernating": "status = 'lapsed' or recency_score <= 2",
        "new": "recency_score >= 4 and orders = 1",
        "occasional": "true",
    }) }}
{% endmacro %}
