select * from (
    values
    ('ada', 'PT', date '2023-12-01'),
    ('bo', 'SE', date '2024-01-01'),
    ('cy', null, date '2024-01-02')
) as customers (customer_id, country, created_at)
