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
        "customers are identified by name, so two people with the same name count as one",
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
        "refunded: says which orders were refunded but not how much",
    ),
}

# Reports and exports with more, or less, on a row than an order.
FILES |= {
    "QuickBooks, by customer": (
        "Shop\nSales by Customer Detail\n\nCustomer,Date,Transaction Type,Num,Product/Service,Qty,Sales Price,Amount\n"
        "Ann Example,,,,,,,\n,01/05/2024,Invoice,1001,Mug,2.00,10.00,20.00\n,01/15/2024,Invoice,1002,Cap,1.00,5.00,5.00\n"
        "Total for Ann Example,,,,,3.00,,$25.00\nBo Example,,,,,,,\n,02/15/2024,Invoice,1003,Mug,1.00,10.00,10.00\n"
        "Total for Bo Example,,,,,1.00,,$10.00\nTOTAL,,,,,4.00,,$35.00\n",
        {"1001": 20, "1002": 5, "1003": 10},
        "the rows stand in 2 groups; Customer is that of the line above each",
    ),
    "Odoo, lines below their order": (
        "Order Reference,Order Date,Customer,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price,Order Lines/Subtotal,Total\n"
        "S1,2024-01-05 10:12:00,Ann Example,Mug,2,10.00,20.00,29.75\n,,,Cap,1,5.00,5.00,\n"
        "S2,2024-01-06 10:12:00,Bo Example,Mug,1,10.00,10.00,11.90\n",
        {"S1": 25, "S2": 10},
        "1 rows name no order: they are lines of the order above",
    ),
    "totals of orders above their lines": (
        "order id,customer,date,product,quantity,total\n1,a,2024-01-05,Mug,2,25\n,,,Cap,1,\n2,b,2024-01-06,Mug,1,10\n",
        {"1": 25, "2": 10},
        "1 rows name no order",
    ),
    "Ecwid, subtotals on all lines": (
        "order_number;order_date;email;customer_name;subtotal;tax;shipping_cost;total;payment_status;name;quantity;price\n"
        "1001;2024-01-05;ann@example.com;Ann Example;25;0;5;30;PAID;Mug;2;10\n1001;2024-01-05;ann@example.com;Ann Example;25;0;5;30;PAID;Cap;1;5\n"
        "1002;2024-01-06;bo@example.com;Bo Example;10;0;5;15;PAID;Mug;1;10\n",
        {"1001": 25, "1002": 10},
        "the same amount, shipping_amount: it is the order's",
    ),
    "Xero, lines that cost the same": (
        "ContactName,EmailAddress,InvoiceNumber,InvoiceDate,Total,Description,Quantity,UnitAmount,LineAmount,TaxAmount,Status\n"
        "A,ann@example.com,I1,05/01/2024,120.00,Mug,2,25.00,50.00,10.00,Paid\nA,ann@example.com,I1,05/01/2024,120.00,Cap,1,50.00,50.00,10.00,Paid\n"
        "B,bo@example.com,I2,15/01/2024,24.00,Mug,1,20.00,20.00,4.00,Paid\n",
        {"I1": 100, "I2": 20},
        "lines, which are summed",
    ),
    "amounts that are price x quantity": (
        "order_id,customer,date,product,price,qty,amount\n1,a,2024-01-05,Mug,10,2,20\n1,a,2024-01-05,Cap,20,1,20\n2,b,2024-01-05,Cap,20,1,20\n",
        {"1": 40, "2": 20},
        "",
    ),
    "sums of months": (
        "order_id,customer_id,order_date,amount\n1,a,2024-01-05,10\n2,b,2024-01-06,20\nTotal January,,,30\n"
        "3,b,2024-02-06,20\nTotal February,,,20\nGrand total,,,50\n",
        {"1": 10, "2": 20, "3": 20},
        "",
    ),
    "a total below another column": (
        "order_id,customer_id,order_date,amount\n1,a,2024-01-05,10\n2,b,2024-01-06,20\n,,Total,30\n",
        {"1": 10, "2": 20},
        "",
    ),
    "MongoDB": (
        '{"_id":{"$oid":"65a"},"createdAt":{"$date":"2024-01-05T10:12:00Z"},"user":{"id":7},"total":{"$numberDecimal":"10.50"}}\n'
        '{"_id":{"$oid":"65b"},"createdAt":{"$date":{"$numberLong":"1704535920000"}},"user":{"id":8},"total":{"$numberDecimal":"20.00"}}\n',
        {"65a": 10.5, "65b": 20},
        "",
    ),
    "OpenCart": (
        "order_id,customer_id,email,total,order_status,currency_code,date_added\n1,0,ann@example.com,105.0000,Complete,USD,2024-01-05 10:12:00\n"
        "2,0,bo@example.com,50.0000,Complete,USD,2024-01-06 10:12:00\n3,5,cy@example.com,60.0000,Processing,USD,2024-01-07 10:12:00\n",
        {"1": 105, "2": 50, "3": 60},
        '2 of 3 orders have no customer_id, but 3 a email: --vars "{customer_identity: email}"',
    ),
    "a flag called net": (
        "number;customerId;invoiceAmountNet;orderTime;net;currency\n1;2;169.63;2024-01-05 10:12:00;0;EUR\n2;2;84.03;2024-01-06 10:12:00;0;EUR\n",
        {"1": 169.63, "2": 84.03},
        "",
    ),
}

# What numbers stand for: shares, per cents, rates, prices of a piece or of a line.
FILES |= {
    "prices that grow with the quantity": (
        "invoice_no,customer_id,category,quantity,price,invoice_date\n1,a,Clothing,5,1500.4,16/05/2021\n2,b,Clothing,1,300.08,16/05/2021\n"
        "3,c,Shoes,3,1800.51,17/05/2021\n4,d,Shoes,5,3000.85,18/05/2021\n",
        {"1": 1500.4, "2": 300.08, "3": 1800.51, "4": 3000.85},
        "price: grows with quantity for 2 goods",
    ),
    "rates of tax": (
        "Bestellnummer;Kunde;Datum;Betrag;MwSt\n1;a;05.01.2024;119,00;19%\n2;b;16.01.2024;107,00;7%\n",
        {"1": 119, "2": 107},
        "",
    ),
}

# Spellings that were read as something else.
FILES |= {
    "Swiss francs without decimals": (
        "Bestellung;Kunde;Datum;Betrag\n1;a;05.01.2024;CHF 1'234.50\n2;b;16.01.2024;CHF 5.-\n3;b;17.01.2024;CHF 7.\u2013\n",
        {"1": 1234.5, "2": 5, "3": 7},
        "",
    ),
    "amounts of Stripe's API": (
        '[{"id":1,"created":1704448800,"customer":"cus_1","amount_total":1050,"currency":"eur"},'
        '{"id":2,"created":1704535200,"customer":"cus_2","amount_total":2000,"currency":"jpy"}]',
        {"1": 10.5, "2": 2000},
        "amount_total: read as hundredths, as Stripe writes amounts",
    ),
    "amounts as objects": (
        '[{"id":"A1","placedAt":"2024-01-05T10:00:00Z","customer":{"id":"c1"},"totalPrice":{"amount":"10.50","currencyCode":"EUR"},"lines":[{"sku":"X","price":9}]},'
        '{"id":"A2","placedAt":"2024-01-06T10:00:00Z","customer":null,"totalPrice":{"amount":"5.00","currencyCode":"EUR"},"lines":[]}]',
        {"A1": 10.5, "A2": 5},
        "",
    ),
    "a remark below, with all separators": (
        "Order ID,Customer ID,Date,Amount\n1,a,2024-01-05,10\n2,b,2024-01-06,20\n\nTotal,,,30\nGenerated on 2024-02-01 by the shop,,,\n",
        {"1": 10, "2": 20},
        "",
    ),
}

# Rows and columns beside the goods that were sold.
FILES |= {
    "flags of returns in words": (
        "order_id,customer_id,date,total,returned\n1,a,2024-01-05,10,No\n2,b,2024-01-06,20,Yes\n",
        {"1": 10, "2": 20},
        "returned: says which orders were refunded but not how much",
    ),
    "pieces that came back": (
        "order_id,customer_id,date,sku,price,quantity,returned_quantity\n1,a,2024-01-05,x,10,2,1\n2,b,2024-01-06,y,20,1,0\n",
        {"1": 20, "2": 20},
        "returned_quantity: says how many pieces came back",
    ),
    "rows of tips": (
        "order_id,customer,date,type,amount\n1,a,2024-01-05,Sale,10\n2,b,2024-01-07,Tip,3\n",
        {"1": 10},
        "type: rows of tip are no orders",
    ),
    "yen in thousands": (
        'order,customer,date,amount\n1,a,2024-01-05,"¥1,234"\n2,b,2024-01-06,"¥12,500"\n',
        {"1": 1234, "2": 12500},
        "",
    ),
}

# What other columns, or words in the names of columns, decide.
FILES |= {
    "days that another column of dates decides": (
        "order id,order date,ship date,customer id,sales\n1,1/5/2024,1/16/2024,a,10\n2,2/6/2024,2/17/2024,b,20\n",
        {"1": 10, "2": 20},
        "",
    ),
    "names that say the tax is in": (
        "Bestellnr;Kundennr;Datum;Warenwert brutto;Versand brutto;MwSt.;Gesamt brutto\n1;a;05.01.2024;119,00;5,95;19,95;124,95\n"
        "2;b;16.01.2024;59,50;0,00;9,50;59,50\n",
        {"1": 100, "2": 50},
        "prices include tax, by the totals",
    ),
    "a name that says the tax is in, without totals": (
        "Order,Customer,Date,Subtotal (incl. VAT),VAT\n1,a,2024-01-05,119,19\n2,b,2024-01-06,59.50,9.50\n",
        {"1": 100, "2": 50},
        "Subtotal (incl. VAT): includes tax according to its name",
    ),
    "amounts with the tax and without": (
        "Order,Customer,Date,Amount (excl. VAT),VAT,Amount (incl. VAT)\n1,a,2024-01-05,100,19,119\n2,b,2024-01-06,50,9.5,59.5\n",
        {"1": 100, "2": 50},
        "",
    ),
    "shipping and discounts as lines": (
        "order,customer,date,item,qty,price\n1,a,2024-01-05,Mug,2,10\n1,a,2024-01-05,Discount,1,-5\n1,a,2024-01-05,Shipping,1,4.90\n2,b,2024-01-06,Mug,1,10\n",
        {"1": 15, "2": 10},
        "item: rows of shipping are shipping",
    ),
    "numbers of several countries": (
        "order_no,mobile,order_date,amount\n1,+49 151 0000001,2024-01-05,10\n2,0151 0000001,2024-01-06,20\n",
        {"1": 10, "2": 20},
        "1 of 2 numbers in mobile have no country code",
    ),
}

# Marketplaces and interfaces of programs.
FILES |= {
    "WooCommerce's table of orders": (
        "id,status,currency,type,tax_amount,total_amount,customer_id,date_created_gmt,parent_order_id\n1,wc-completed,EUR,shop_order,19.00,119.00,11,2024-01-05 10:12:00,0\n"
        "2,wc-completed,EUR,shop_order_refund,-1.90,-11.90,0,2024-01-09 10:12:00,1\n3,wc-completed,EUR,shop_order,0.00,50.00,11,2024-01-08 10:12:00,0\n",
        {"1": 100, "3": 50},
        "1 refunds of 10.00 are among the orders",
    ),
    "names beside addresses": (
        "Order Number,Date (UTC),Currency,Subtotal,Customer,Email\n1,2024-01-05,EUR,10.00,Ann Example,ann@example.com\n2,2024-01-06,EUR,20.00,Ann Example,ann2@example.com\n",
        {"1": 10, "2": 20},
        "Customer: contains names, so Email identifies people",
    ),
    "Square's API": (
        '{"orders":[{"id":"A","customer_id":"C1","created_at":"2024-01-05T10:00:00Z","total_money":{"amount":1050,"currency":"USD"},"total_tax_money":{"amount":50,"currency":"USD"}},'
        '{"id":"B","customer_id":"C2","created_at":"2024-01-06T10:00:00Z","total_money":{"amount":500,"currency":"USD"},"total_tax_money":{"amount":0,"currency":"USD"}}]}',
        {"A": 10, "B": 5},
        "total_money.amount: read as minor units",
    ),
    "Shopee": (
        "Order ID,Order Creation Date,SKU Reference No.,Product Name,Deal Price,Quantity,Product Subtotal,Total Amount,Buyer Paid Shipping Fee,Username (Buyer)\n"
        "A,2024-01-05 10:12,A,Mug,10.00,2,20.00,28.00,3.00,annx\nA,2024-01-05 10:12,B,Cap,5.00,1,5.00,28.00,3.00,annx\nB,2024-01-06 10:12,A,Mug,10.00,1,10.00,13.00,3.00,box\n",
        {"A": 25, "B": 10},
        "the same shipping_amount: it is the order's",
    ),
    "Mercado Libre": (
        "N.º de venta;Fecha de venta;Estado;Ingresos por productos (ARS);Comprador\n2000001;5 de enero de 2024 10:12 hs.;Entregado;1.000,00;Ana Ejemplo\n"
        "2000002;16 de enero de 2024 10:12 hs.;Cancelada por el comprador;500,00;Bo Ejemplo\n",
        {"2000001": 1000, "2000002": 500},
        "no purchase by their meaning: cancelada por el comprador",
    ),
    "Allegro": (
        "OrderId;OrderDate;BuyerLogin;DeliveryAmount;TotalToPayAmount;TotalToPayCurrency\n1;2024-01-05T10:12:00Z;ann;9.99;109.99;PLN\n2;2024-01-06T10:12:00Z;bo;9.99;59.99;PLN\n",
        {"1": 100, "2": 50},
        "",
    ),
    "records inside objects": (
        '[{"order":{"id":"A","created_at":"2024-01-05T10:00:00Z","total":"10.50"},"customer":{"id":"c1","created_at":"2023-01-01T00:00:00Z"}},'
        '{"order":{"id":"B","created_at":"2024-01-06T10:00:00Z","total":"20.00"},"customer":{"id":"c2","created_at":"2023-01-01T00:00:00Z"}}]',
        {"A": 10.5, "B": 20},
        "",
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
    is_in_yen = "jpy" in content
    imported = ingest({"reporting_currency": "EUR"} if is_in_yen else {}, orders=content)
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


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Discount %", ["10", "0", "5"]),
        ("Rabattsatz", ["10", "0", "5"]),
        ("discount", ["10%", "0%", "5%"]),
    ],
)
def test_discounts_in_per_cent_are_parts_of_the_price(name, values, ingest):
    rows = zip("123", "abb", ["100,2", "50,1", "50,1"], values, strict=True)
    lines = [f"{order},{who},2024-01-0{order},{price},{value}" for order, who, price, value in rows]
    imported = ingest(
        orders="\n".join([f"order_id,customer_id,order_date,price,quantity,{name}", *lines, ""])
    )
    found = duckdb.sql(
        f"select cast(discount_amount as double) from '{imported.orders}' order by order_id"
    )
    assert found.fetchall() == [(20,), (0,), (2.5,)]


def test_discounts_in_amounts_and_per_cents_are_asked_about(ingest):
    with pytest.raises(DecisionNeededError, match="has both amounts and percentages"):
        ingest(
            orders="order_id,customer,date,price,quantity,discount\n1,a,2024-01-05,100,1,10%\n2,b,2024-01-06,100,1,5.00\n"
        )


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["24-01-05", "24-02-28", "24-02-16 10:12"], ["2024-01-05", "2024-02-16", "2024-02-28"]),
        (["05-01-24", "28-02-24", "16-02-24"], ["2024-01-05", "2024-02-16", "2024-02-28"]),
        (["24-01-05", "24-02-07", "24-02-09"], None),
    ],
    ids=["first", "last", "unclear"],
)
def test_years_of_two_digits_may_stand_first(dates, expected, ingest):
    rows = "".join(f"{n},a,{day},10\n" for n, day in enumerate(dates))
    content = f"order_id,customer_id,date,amount\n{rows}"
    if expected is None:
        with pytest.raises(DecisionNeededError, match="begin or end with the year"):
            ingest(orders=content)
        return
    found = duckdb.sql(f"select cast(ordered_at as date) from '{ingest(orders=content).orders}'")
    assert sorted(str(day) for (day,) in found.fetchall()) == expected


def test_customers_whose_ids_lost_digits_are_not_one_customer(ingest):
    imported = ingest(
        orders="order_id,customer_id,date,amount\n1,5.01E+11,2024-01-05,10\n2,7,2024-01-06,5\n"
    )
    assert amounts(imported) == {"2": 5}
    assert imported.reasons == [
        ("raw_orders", "customer_id lost digits: it is in scientific notation", 1)
    ]


def test_files_in_two_encodings_put_together_are_read_line_by_line(tmp_path):
    path = tmp_path / "orders.csv"
    lines = [
        "1;Müller;05.01.2024;10;Köln\n".encode(),
        "2;Möller;16.01.2024;20;Köln\n".encode("cp1252"),
    ]
    path.write_bytes(b"order_id;customer;date;amount;region\n" + b"".join(lines))
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert duckdb.sql(f"select distinct region from '{imported.orders}'").fetchall() == [("Köln",)]
    assert "orders.csv: read as utf-8 or cp1252" in imported.notes


def test_refunds_of_rows_without_ids_have_those_that_are_made(ingest):
    imported = ingest(
        orders="date,email,gross sales,returns\n2024-01-05,a@example.com,100,0\n2024-01-06,b@example.com,50,-20\n"
    )
    found = duckdb.sql(f"select order_id, amount from '{imported.refunds}'").fetchall()
    orders = {amount: order for order, amount in amounts(imported).items()}
    assert found == [(orders[50], 20)]


def test_people_orders_and_lines_are_told_apart_by_their_columns(tmp_path):
    files = {
        "o": "id,customer_id,created_at,status\n1,1,2024-01-05,complete\n2,2,2024-01-06,complete\n",
        "i": "id,order_id,product_id,quantity,price\n1,1,p,2,10\n2,2,p,1,10\n",
        "c": "id,first_name,email,created_at,country\n1,Ann,ann@example.com,2023-01-01,DE\n",
    }
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    paths = [tmp_path / f"{name}.csv" for name in files]
    imported = ingest_files(paths, tmp_path / "imports" / "shop")
    assert amounts(imported) == {"1": 20, "2": 10}
    people = duckdb.sql(f"select customer_id, country from '{imported.outputs['raw_customers']}'")
    assert people.fetchall() == [("1", "DE")]


def test_people_known_by_name_only_are_hashed_and_walk_ins_are_nobody(ingest):
    imported = ingest(
        orders="ID,Date,Consumer name,Consumer bank account,Amount\n1,2024-01-05,A Example,NL00,10\n2,2024-01-06,Walk-in Customer,NL01,20\n"
    )
    found = duckdb.sql(f"select customer_id from '{imported.orders}' order by order_id").fetchall()
    assert len(found[0][0]) == 64
    assert found[1] == (None,)
    assert "Consumer bank account" not in duckdb.sql(f"from '{imported.orders}'").columns


def test_customers_without_an_id_are_known_by_their_address(ingest):
    imported = ingest(
        orders="order_id,email,order_date,amount\n1,Ann@example.com,2024-01-05,10\n",
        customers="email,country,signup date\nann@example.com,DE,2023-01-01\n",
    )
    orders = duckdb.sql(f"select email from '{imported.orders}'").fetchone()
    customers = f"select email, customer_id, country from '{imported.outputs['raw_customers']}'"
    assert duckdb.sql(customers).fetchone() == (orders[0], orders[0], "DE")


def test_amounts_that_are_all_nothing_are_asked_about(ingest):
    with pytest.raises(DecisionNeededError, match="every amount is 0 in Betrag"):
        ingest(orders="Bestellung;Kunde;Datum;Betrag;Warenzahl\n1;a;5.1.2024;0,00;3\n")


def test_orders_and_lines_of_shops_in_files_of_their_own(tmp_path):
    paths = []
    for shop, price in [("us", 10), ("ca", 20)]:
        folder = tmp_path / shop
        folder.mkdir()
        paths.append((folder / "orders.csv", folder / "lines.csv"))
        paths[-1][0].write_text("order_id,customer_id,order_date\n1,a,2024-01-05\n")
        paths[-1][1].write_text(f"order_id,product,quantity,price\n1,Mug,1,{price}\n1,Cap,1,5\n")
    orders, lines = zip(*paths, strict=True)

    def run(lines, settings):
        return ingest_files(
            [*orders], tmp_path / "imports" / "shop", settings, raw_order_lines=[*lines]
        )

    imported = run(lines, {"store": "file"})
    found = duckdb.sql(f"select store, gross_amount from '{imported.orders}' order by 1").fetchall()
    assert found == [("ca/orders", 25), ("us/orders", 15)]
    with pytest.raises(NotUsableError, match="are in several stores, and the lines name no store"):
        run(lines[:1], {"store": "file"})


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
        "where it says yes include tax",
    ),
    "the name of the price": (
        TWO_ORDERS.format(",tax", ",19", ",38"),
        "order_id,sku,quantity,price incl. VAT\n1,x,1,119\n2,x,2,119\n",
        {"1": 100, "2": 200},
        "includes tax according to its name",
    ),
    "a tax of each line": (
        TWO_ORDERS.format("", "", ""),
        "order_id,sku,quantity,Preis brutto,MwSt\n1,x,1,119,19\n1,y,1,10,0\n2,x,2,119,38\n",
        {"1": 110, "2": 200},
        "includes tax according to its name",
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
        "nothing says whether prices include tax",
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


def test_a_refund_of_one_store_leaves_the_other_stores_order_to_its_status(ingest):
    imported = ingest(
        orders="order_id,store,customer_id,ordered_at,status,gross_amount\n"
        "1,north,a,2024-01-02,completed,10.00\n1,south,b,2024-01-02,refunded,20.00\n"
        "1,north,a,2024-01-05,completed,-10.00\n2,north,c,2024-01-06,completed,30.00\n"
    )
    refunds = f"select store, amount from '{imported.outputs['raw_refunds']}' order by 1"
    assert duckdb.sql(refunds).fetchall() == [("north", 10), ("south", 20)]


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
    assert "their goods, 140.00, count as refunded" in said
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
