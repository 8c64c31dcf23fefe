select * from (
    values ('USD', date '2024-01-01', 0.9), ('USD', date '2024-04-01', 0.8)
) as exchange_rates (currency, valid_from, rate)
