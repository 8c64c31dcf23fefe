{#- The named segments of customers, each a rule in terms of retention__customers; the first matching rule applies. VIP
    customers bought recently, often and for large amounts; loyal customers buy often and are still active; customers at
    risk bought often or for large amounts but have not ordered for a long time; hibernating ones have not ordered for a
    long time either and did neither before; new customers made their only purchase recently; the rest are occasional
    buyers. A lapsed customer is at risk or hibernating, however recent compared with others: scores are relative, and
    where most customers have lapsed, the most recent fifth may have too. -#}
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
