"""Files after the headers of data sets that people try first: come in as their owners mean them, or are asked about.

The rows are invented, and what each file says is worked out by hand.
"""
# ruff: noqa: E501 (lines as the files have them)

from decimal import Decimal

import duckdb
import pytest

from retention_cli.ingest import DecisionNeededError, NotUsableError, ingest_files

OF_LINES = "id,order_id,user_id,product_id,status,created_at,sale_price\n"
FILES = {
    "lines with a status each": (
        OF_LINES
        + "1,O1,u1,p1,Complete,2023-05-07 06:08:40,10\n2,O1,u1,p2,Cancelled,2023-05-07 06:08:40,5\n"
        "3,O2,u2,p2,Cancelled,2023-05-08 06:08:40,5\n4,O2,u2,p3,Cancelled,2023-05-08 06:08:40,7\n"
        "5,O3,u1,p2,Shipped,2023-05-10 06:08:40,5\n6,O3,u1,p1,Complete,2023-05-10 06:08:40,9\n",
        {"O1": 10, "O2": 12, "O3": 14},
        "1 lines are cancelled in orders of which other lines are not",
    ),
    "a status on the first line of an order only": (
        OF_LINES + "1,O1,u1,p1,Complete,2023-05-07 06:08:40,10\n2,O1,u1,p2,,2023-05-07 06:08:40,5\n"
        "3,O2,u2,p2,Cancelled,2023-05-08 06:08:40,5\n4,O2,u2,p3,,2023-05-08 06:08:40,7\n",
        {"O1": 15, "O2": 12},
        "lines, which are summed",
    ),
    "the total of an order on all of its lines": (
        "order id,customer,date,product,order total,shipping\n"
        "A1,k1,2024-01-05,Mug,50,5\nA1,k1,2024-01-05,Cap,50,5\nA2,k2,2024-01-06,Mug,20,5\n"
        "A3,k1,2024-01-07,Mug,30,0\nA3,k1,2024-01-07,Bag,30,0\n",
        {"A1": 45, "A2": 15, "A3": 30},
        "the same amount, shipping_amount: it is the order's",
    ),
    "price x quantity of lines that cost the same": (
        "increment_id,created_at,Customer ID,sku,price,qty_ordered,grand_total\n"
        "100,2024-01-05,1,a,2450,1,4900\n100,2024-01-05,1,b,2450,1,4900\n101,2024-01-06,2,a,240,2,480\n",
        {"100": 4900, "101": 480},
        "lines, which are summed",
    ),
    "names of customers": (
        "Receipt number;Date;Store;Customer name;Gross sales;Discounts;Net sales;Taxes;Total collected\n"
        "1-1001;1/15/24 10:12 AM;Main;Ann Example;10.00;-1.00;9.00;0.90;9.90\n"
        "1-1002;1/15/24 11:12 AM;Main;;5.00;0.00;5.00;0.50;5.50\n"
        "1-1003;1/17/24 11:12 AM;Main;Ann Example;5.00;0.00;5.00;0.50;5.50\n",
        {"1-1001": 10, "1-1002": 5, "1-1003": 5},
        "customers are told apart by their names, so two of one name count as one",
    ),
    "a code of currency in the name": (
        "TransactionID,CustomerID,CustomerDOB,TransactionDate,TransactionTime,TransactionAmount (INR)\n"
        "T1,C1,10/1/94,2/8/16,143207,25\nT2,C2,4/4/57,2/8/16,141858,27999\nT3,C1,10/1/94,21/9/16,142712,459\n",
        {"T1": 25, "T2": 27999, "T3": 459},
        "",
    ),
    "a sales order number": (
        "SalesOrderID,RevisionNumber,OrderDate,Status,SalesOrderNumber,CustomerID,SubTotal,TaxAmt,Freight,TotalDue\n"
        "43659,8,2011-05-31 00:00:00.000,5,SO43659,29825,100.00,10.00,5.00,115.00\n"
        "43660,8,2011-06-30 00:00:00.000,5,SO43660,29825,200.00,20.00,5.00,225.00\n",
        {"SO43659": 100, "SO43660": 200},
        "unknown statuses: 5",
    ),
    "net, tax and gross": (
        "Bestellung;Kunde;Datum;Netto;MwSt;Brutto\nR1;K1;5.1.2024;100,00;19,00;119,00\nR2;K1;15.1.2024;50,00;9,50;59,50\n",
        {"R1": 100, "R2": 50},
        "",
    ),
    "flags of refunds": (
        "order_id,email,created_at,subtotal,refunded\n1,a@example.com,2024-01-05,100,0\n"
        "2,a@example.com,2024-03-05,100,1\n",
        {"1": 100, "2": 100},
        "refunded: says which orders were paid back and not how much",
    ),
}


@pytest.fixture
def ingest(tmp_path):
    """Import files of the given contents, by their names, with settings."""

    def run(settings=None, /, **contents):
        paths = {}
        for name, content in contents.items():
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(content, encoding="utf-8")
        others = {f"raw_{name}": [path] for name, path in paths.items() if name != "orders"}
        return ingest_files(
            [paths["orders"]], tmp_path / "imports" / "shop", settings or {}, **others
        )

    return run


def amounts(imported):
    return dict(
        duckdb.sql(
            f"select order_id, cast(gross_amount as double) from '{imported.orders}'"
        ).fetchall()
    )


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_in_as_its_owner_means_it(name, ingest):
    content, expected, note = FILES[name]
    imported = ingest(orders=content)
    assert amounts(imported) == expected
    statuses = duckdb.sql(f"from '{imported.orders}'").columns
    if "status" in statuses and "O2" in expected:
        found = duckdb.sql(f"select order_id, status from '{imported.orders}'").fetchall()
        assert dict(found)["O2"] == "Cancelled"
    assert note in "\n".join(imported.notes)
    assert all(count.rejected == 0 for count in imported.counts.values())


def test_rows_without_an_order_id_have_ones_made_of_price_and_quantity(ingest):
    imported = ingest(
        orders="date,customer,product,price,quantity\n2024-01-05,a,Mug,10,2\n2024-01-05,a,Cap,5,1\n2024-01-09,b,Mug,10,1\n"
    )
    assert sorted(amounts(imported).values()) == [5, 10, 20]


def test_a_column_called_refunded_holds_refunds_either_way(ingest):
    imported = ingest(
        orders="order_id,email,created_at,subtotal,discount,total,refunded\n"
        "1,a@example.com,2024-01-05,100,-10,90,0\n2,a@example.com,2024-03-05,100,-20,80,-80\n"
    )
    found = duckdb.sql(f"select order_id, amount from '{imported.refunds}'").fetchall()
    assert found == [("2", Decimal(80))]


ORDERS = (
    "order_id,customer_id,order_status,order_purchase_timestamp\n"
    "o1,c1,delivered,2017-10-02 10:56:33\no2,c2,delivered,2018-07-24 20:41:37\no3,c3,delivered,2018-08-08 08:38:49\n"
)
LINES = (
    "order_id,order_item_id,product_id,seller_id,price,freight_value\n"
    "o1,1,p1,s1,29.99,8.72\no2,1,p2,s1,118.70,22.76\no2,2,p2,s1,118.70,22.76\no3,1,p3,s1,19.90,8.72\n"
)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ("c1,u1,SP\nc2,u2,BA\nc3,u1,SP\n", ["u1", "u1", "u2"]),
        # Everybody ordered once: both ids say the same.
        ("c1,u1,SP\nc2,u2,BA\nc3,u3,SP\n", ["c1", "c2", "c3"]),
    ],
    ids=["several ids of one person", "one id a person"],
)
def test_an_id_for_each_order_gives_way_to_that_of_the_person(people, expected, ingest):
    imported = ingest(
        orders=ORDERS,
        order_lines=LINES,
        customers=f"customer_id,customer_unique_id,customer_state\n{people}",
    )
    found = duckdb.sql(f"select customer_id from '{imported.orders}' order by all").fetchall()
    assert [customer for (customer,) in found] == expected
    customers = duckdb.sql(
        f"select distinct customer_id from '{imported.outputs['raw_customers']}' order by all"
    )
    assert [customer for (customer,) in customers.fetchall()] == sorted(set(expected))
    assert (
        "customer_unique_id"
        not in duckdb.sql(f"from '{imported.outputs['raw_customers']}'").columns
    )
    said = "customer_unique_id of the customers says who ordered" in "\n".join(imported.notes)
    assert said == ("u1" in expected)


def test_orders_of_which_none_is_a_second_one_are_noticed(ingest):
    rows = "".join(f"{n},c{n},2024-01-05,10\n" for n in range(30))
    header = "order_id,customer_id,ordered_at,gross_amount\n"
    assert "no customer has a second order" in "\n".join(ingest(orders=header + rows).notes)
    rows += "30,c1,2024-01-06,10\n"
    assert "no customer has a second order" not in "\n".join(ingest(orders=header + rows).notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            "Order ID,Date,Status,Fulfilment,SKU,Category,Qty,currency,Amount\n"
            "1,04-30-22,Shipped,Merchant,a,Set,1,INR,647.62\n2,04-30-22,Shipped,Amazon,b,kurta,1,INR,406\n"
            "3,04-29-22,Shipped,Amazon,b,kurta,1,INR,406\n",
            "no column says by its name who ordered",
            id="nobody",
        ),
        pytest.param(
            "TRANSACTION_DT,CUSTOMER_ID,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE\n"
            "11/1/2000,1,a,2,24,30\n11/1/2000,2,b,1,48,46\n11/14/2000,1,c,2,142,166\n",
            "is AMOUNT money or a number of pieces",
            id="pieces",
        ),
        pytest.param(
            "Transaction_ID,Date,Customer_Name,Product,Total_Items,Total_Cost\n"
            "1,2022-01-21 06:27:29,Ann Example,Mug,3,71.65\n2,2023-03-01 13:01:21,Bo Example,Cap,2,25.93\n",
            "which column is gross_amount.*Total_Cost",
            id="costs",
        ),
    ],
)
def test_what_nothing_says_is_asked_for(content, message, ingest):
    with pytest.raises(DecisionNeededError, match=message):
        ingest(orders=content)


@pytest.mark.parametrize(
    "content",
    [
        "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,WEEK_NO\n2375,1,1,a,1,1.39,1\n2364,2,15,a,1,0.99,3\n",
        "Customer ID,First Name,Last Name,Email,Total Spent,Total Orders\n1,Ann,Example,ann@example.com,120.50,3\n",
    ],
    ids=["days without a calendar", "customers"],
)
def test_a_file_without_a_date_of_orders_is_not_usable(content, ingest):
    with pytest.raises(NotUsableError, match="no column can be ordered_at"):
        ingest(orders=content)


TWO_ORDERS = "order_id,customer_id,ordered_at{}\n1,a,2024-01-02{}\n2,b,2024-01-03{}\n"
LINES_OF = {
    "a column of the orders": (
        TWO_ORDERS.format(",tax,taxes_included", ",19,true", ",19,false"),
        "order_id,sku,quantity,price\n1,x,1,119\n2,x,2,50\n",
        {"1": 100, "2": 100},
        "where it says yes hold the tax",
    ),
    "the name of the price": (
        TWO_ORDERS.format(",tax", ",19", ",38"),
        "order_id,sku,quantity,price incl. VAT\n1,x,1,119\n2,x,2,119\n",
        {"1": 100, "2": 200},
        "holds the tax by its name",
    ),
    "a tax of each line": (
        TWO_ORDERS.format("", "", ""),
        "order_id,sku,quantity,Preis brutto,MwSt\n1,x,1,119,19\n1,y,1,10,0\n2,x,2,119,38\n",
        {"1": 110, "2": 200},
        "holds the tax by its name",
    ),
    "the total of each line": (
        TWO_ORDERS.format("", "", ""),
        "order_id,sku,quantity,price,tax,line total\n1,x,1,100,19,119\n2,x,2,100,38,238\n",
        {"1": 100, "2": 200},
        "",
    ),
    "the total of the order": (
        TWO_ORDERS.format(",total", ",119", ",238"),
        "order_id,sku,quantity,price,tax\n1,x,1,119,19\n2,x,2,119,38\n",
        {"1": 100, "2": 200},
        "",
    ),
    "nothing": (
        TWO_ORDERS.format(",tax", ",19", ",19"),
        "order_id,sku,quantity,price\n1,x,1,119\n2,x,2,50\n",
        {"1": 119, "2": 100},
        "nothing says whether prices hold the tax",
    ),
    "yen in cents, of the currency of the orders": (
        TWO_ORDERS.format(",currency", ",JPY", ",JPY"),
        "order_id,sku,quantity,price_cents\n1,x,1,500\n2,x,2,300\n",
        {"1": 500, "2": 600},
        "",
    ),
}


@pytest.mark.parametrize("name", LINES_OF)
def test_prices_of_a_file_of_lines_are_told_by(name, tmp_path):
    orders, lines, expected, said = LINES_OF[name]
    (tmp_path / "orders.csv").write_text(orders)
    (tmp_path / "lines.csv").write_text(lines)
    made = ingest_files(
        tmp_path / "orders.csv", tmp_path / "out", raw_order_lines=tmp_path / "lines.csv"
    )
    rows = duckdb.sql(f"select order_id, gross_amount from '{made.orders}'").fetchall()
    assert dict(rows) == expected
    assert said in " ".join(made.notes)


def test_lines_are_those_of_the_order_of_their_store(tmp_path):
    orders = "store,order_id,customer_id,ordered_at\nus,1,a,2024-01-02\nca,1,b,2024-01-03\n"
    lines = "store,order_id,sku,amount\nus,1,x,10\nus,1,y,5\nca,1,x,40\n"
    (tmp_path / "orders.csv").write_text(orders)
    (tmp_path / "lines.csv").write_text(lines)
    files = (tmp_path / "orders.csv", tmp_path / "out")
    made = ingest_files(*files, raw_order_lines=tmp_path / "lines.csv")
    rows = duckdb.sql(f"select store, gross_amount from '{made.orders}'").fetchall()
    assert dict(rows) == {"us": 15, "ca": 40}
    (tmp_path / "lines.csv").write_text("order_id,sku,amount\n1,x,10\n1,y,5\n")
    with pytest.raises(NotUsableError, match="1 order ids are in several stores"):
        ingest_files(*files, raw_order_lines=tmp_path / "lines.csv")


def test_what_is_returned_by_its_status_alone_is_paid_back_as_a_whole(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,sku,price,status\n1,a,2024-01-02,x,100,Complete\n"
        "1,a,2024-01-02,y,20,Returned\n2,b,2024-01-12,x,60,returned\n2,b,2024-01-12,y,60,returned\n"
        "3,b,2024-01-12,x,60,partially refunded\n3,b,2024-01-12,y,60,partially refunded\n"
    )
    made = ingest_files(tmp_path / "orders.csv", tmp_path / "out")
    rows = duckdb.sql(f"select order_id, goods_amount from '{made.refunds}'").fetchall()
    assert dict(rows) == {"1": 20, "2": 120}
    said = " ".join(made.notes)
    assert "their goods, 140.00, count as paid back" in said
    assert "orders are partially refunded by their status" in said


def test_lines_of_orders_whose_prices_hold_the_tax_are_without_it(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "Name,Email,Financial Status,Created at,Subtotal,Shipping,Taxes,Total,Discount Amount,Lineitem quantity,Lineitem name,Lineitem price\n"
        "#1,a@example.com,paid,2024-01-05 10:00:00 +0000,119,0,19,119,0,1,Lamp,100\n"
        "#1,a@example.com,,2024-01-05 10:00:00 +0000,,,,,,1,Pen,19\n"
        "#2,b@example.com,paid,2024-01-06 10:00:00 +0000,238,0,38,238,0,2,Lamp,119\n"
    )
    made = ingest_files(tmp_path / "orders.csv", tmp_path / "out")
    orders = duckdb.sql(f"select order_id, gross_amount from '{made.orders}'").fetchall()
    lines = duckdb.sql(f"select order_id, sum(amount) from '{made.lines}' group by 1").fetchall()
    assert dict(orders) == dict(lines) == {"#1": 100, "#2": 200}


def test_refunds_that_name_their_tax_pay_back_the_rest(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,total,shipping,tax\n1,a,2024-01-02,129,10,19\n"
    )
    (tmp_path / "refunds.csv").write_text(
        "id,order id,created at,total refunded,refunded tax\nR1,1,2024-01-10,-60,-10\n"
    )
    made = ingest_files(
        tmp_path / "orders.csv", tmp_path / "out", raw_refunds=tmp_path / "refunds.csv"
    )
    refunds = duckdb.sql(f"select refund_id, amount, goods_amount from '{made.refunds}'").fetchall()
    assert refunds == [("R1", 60, 50)]


def test_a_tip_among_the_lines_of_an_order_holds_no_tax(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order id,customer,date,item,price,tax,order total\n1,a,2024-01-02,Mug,119,19,124\n"
        "1,a,2024-01-02,Tip,5,0,124\n2,b,2024-01-03,Mug,119,19,119\n"
    )
    made = ingest_files(tmp_path / "orders.csv", tmp_path / "out")
    orders = duckdb.sql(f"select order_id, gross_amount from '{made.orders}'").fetchall()
    assert dict(orders) == {"1": 100, "2": 100}
