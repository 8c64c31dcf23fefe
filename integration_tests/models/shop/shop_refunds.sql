select * from (
    values ('r1', 'o1', date '2024-02-01', 5.00)
) as refunds (refund_id, order_id, refunded_at, amount)
