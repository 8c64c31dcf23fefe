"""Invented exports after the headers of real systems, none of which has a ready mapping.

Each is what a person has on disk; what it says is worked out by hand. All people are invented.
"""
# ruff: noqa: E501, RUF001 (lines and signs as the files have them)

import re
import zipfile
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from rich.console import Console

from retention_cli.ingest import DecisionNeededError, NotUsableError, ingest_files
from retention_cli.ingest.door import bring_in
from retention_cli.project import project_settings

EXPORTS = {
    "WooCommerce Analytics, German": (
        "Datum,Bestellung #,Umsatz (formatiert),Status,Kunde,Kundentyp,Produkt(e),Nettoumsatz\n"
        '2025-01-05 10:00:00,101,"10,00 €",Abgeschlossen,Ann Beispiel,new,1× Tasse,"10,00"\n'
        '2025-01-06 10:00:00,102,"20,00 €",Storniert,Bo Beispiel,new,2× Tasse,"20,00"\n',
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "WooCommerce Analytics, French": (
        "Date,Commande n°,Ventes nettes (formaté),État,Client,Type de client,Ventes nettes\n"
        '2025-01-05 10:00:00,101,"10,00 €",Terminée,Ann Exemple,new,10\n'
        '2025-01-06 10:00:00,102,"20,00 €",Annulée,Bo Exemple,new,20\n',
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "WooCommerce plugin, German": (
        "Bestellnummer;Bestellstatus;Bestelldatum;Vorname (Rechnung);E-Mail (Rechnung);Rabatt auf den Warenkorb;"
        "Zwischensumme der Bestellung;Versandkosten der Bestellung;Gesamtbetrag der Bestellung;Gesamtsteuer der Bestellung\n"
        "201;Abgeschlossen;2025-03-01 10:00;Ann;ann@example.com;0,00;100,00;4,90;104,90;16,75\n"
        "202;In Bearbeitung;2025-03-02 10:00;Ann;ann@example.com;10,00;100,00;4,90;94,90;15,75\n"
        "203;Fehlgeschlagen;2025-03-02 10:00;Bo;bo@example.com;0,00;50,00;4,90;54,90;15,75\n",
        # The totals have no room for the tax: 16.75 of 104.90 and 15.75 of 94.90 are taken out.
        {"purchases": 2, "gross": "167.4360", "discounts": "8.3404", "customers": 1},
    ),
    "PrestaShop, French": (
        'ID;Référence;"Nouveau client";Livraison;Client;Total;Paiement;État;Date\n'
        '1;XKB;1;France;"A. EXEMPLE";"61,80 €";Chèque;"Livré";"05/01/2025 10:00:00"\n'
        '2;OHS;0;France;"A. EXEMPLE";"1 061,80 €";Chèque;"Erreur de paiement";"25/01/2025 10:00:00"\n',
        {"purchases": 1, "gross": "61.80", "customers": 1},
    ),
    "a shop in Spanish": (
        "Número de pedido;Fecha del pedido;Estado del pedido;Correo electrónico;Subtotal;Descuento;Total\n"
        "1;05/01/2025;Completado;ana@example.com;1.234,50;0,00;1.234,50\n"
        "2;25/01/2025;Cancelado;bo@example.com;10,00;0;10,00\n"
        "3;26/01/2025;Procesando;ana@example.com;20,00;2,00;18,00\n",
        {"purchases": 2, "gross": "1254.50", "discounts": 2, "customers": 1},
    ),
    "a shop in Polish": (
        "Numer zamówienia;Data zamówienia;Status zamówienia;Adres e-mail;Wartość zamówienia\n"
        "1;2025-01-05;Zrealizowane;ana@example.com;1 234,50 zł\n"
        "2;2025-01-06;Anulowane;bo@example.com;10,00 zł\n"
        "3;2025-01-06;W trakcie realizacji;bo@example.com;10,00 zł\n",
        {"purchases": 2, "gross": "1244.50", "customers": 2, "currency": "PLN"},
    ),
    "a shop in Dutch": (
        "Ordernummer;Besteldatum;Klantnummer;Orderstatus;Totaal;Verzendkosten;BTW\n"
        "1;15-01-2025;K1;Voltooid;121,00;5,00;20,00\n2;16-01-2025;K1;Geannuleerd;121,00;5,00;20,00\n",
        {"purchases": 1, "gross": 96, "customers": 1},
    ),
    "a shop in Italian": (
        "Numero ordine;Data ordine;Email cliente;Stato;Importo\n"
        "1;15/01/2025;a@example.com;Completato;10,00\n2;16/01/2025;b@example.com;Annullato;20,00\n",
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "a shop in Portuguese": (
        "Número do pedido;Data do pedido;E-mail do cliente;Status do pedido;Valor do pedido\n"
        "1;15/01/2025;a@example.com;Concluído;10,00\n2;16/01/2025;b@example.com;Cancelado;20,00\n",
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "JTL": (
        "Auftragsnummer;Auftragsdatum;Kundennummer;E-Mail;Gesamtbetrag (Brutto);Gesamtbetrag (Netto);Versandkosten\n"
        "AU-1;05.01.2025 10:00;10001;ann@example.com;119,00;100,00;4,90\n"
        "AU-2;06.01.2025 10:00;10001;ann@example.com;238,00;200,00;4,90\n",
        {"purchases": 2, "gross": "290.20", "customers": 1},
    ),
    "Navision": (
        "Belegnr.;Buchungsdatum;Verk. an Deb.-Nr.;Betrag;Betrag inkl. MwSt.\n"
        "VR1;05.01.25;D100;100,00;119,00\nVR2;15.01.25;D100;200,00;238,00\n",
        {"purchases": 2, "gross": 300, "customers": 1},
    ),
    "SAP, German": (
        "Verkaufsbeleg;Belegdatum;Auftraggeber;Name 1;Nettowert;Währg\n"
        "4711;05.01.2025;0000100001;Müller GmbH;1.234,50;EUR\n"
        "4712;06.01.2025;0000100001;Müller GmbH;20,00;EUR\n"
        "4713;07.01.2025;0000100002;Köln AG;20,00-;EUR\n".encode("cp1252"),
        {"purchases": 2, "gross": "1254.50", "refunds": 20, "customers": 1},
    ),
    "SAP, English": (
        "Sales Document\tDocument Date\tSold-to party\tNet value\tDocument Currency\n"
        "4711\t01/15/2025\t100001\t1,234.50\tUSD\n4712\t01/16/2025\t100001\t20.00\tUSD\n",
        {"purchases": 2, "gross": "1254.50", "customers": 1, "currency": "USD"},
    ),
    "Odoo": (
        "name,date_order,partner_id/id,amount_untaxed,amount_tax,amount_total,state\n"
        "S1,2025-01-05 10:00:00,res_1,100.00,19.00,119.00,sale\n"
        "S2,2025-01-06 10:00:00,res_1,50.00,9.50,59.50,cancel\n"
        "S3,2025-01-07 10:00:00,res_1,50.00,9.50,59.50,draft\n",
        {"purchases": 1, "gross": 100, "customers": 1},
    ),
    "Recharge": (
        "charge_id,customer_email,customer_id,processed_at,status,subtotal_price,total_price,total_discounts,total_refunds\n"
        "1,a@example.com,11,2025-01-05T10:00:00,SUCCESS,90.00,100.00,10.00,0.00\n"
        "2,a@example.com,11,2025-02-05T10:00:00,REFUNDED,90.00,100.00,10.00,100.00\n"
        "3,b@example.com,12,2025-02-05T10:00:00,ERROR,90.00,100.00,10.00,\n",
        {"purchases": 2, "gross": 180, "discounts": 20, "refunds": 100, "customers": 1},
    ),
    "Paddle": (
        "order_id,event_time,customer_email,currency,gross_amount,tax_amount,fee_amount,status\n"
        "1,2025-01-05 10:00:00,a@example.com,USD,12.00,2.00,0.50,completed\n",
        {"purchases": 1, "gross": 12, "customers": 1},
    ),
    "Loyverse, receipts of a till": (
        "Date,Receipt number,Receipt type,Gross sales,Discounts,Net sales,Taxes,Total collected,Cost of goods,Payment type,Description,Dining option,POS,Store,Cashier name,Customer name,Customer contacts,Status\n"
        "8/17/25 12:16 PM,1-3,Sale,160.00,10.00,150.00,0.00,150.00,60.00,Cash,2 x Noodles,Dine in,POS 1,Main,Owner,Ann Example,ann@example.com,Closed\n"
        "8/17/25 12:20 PM,1-4,Sale,80.00,0.00,80.00,0.00,80.00,30.00,Cash,1 x Noodles,Takeout,POS 1,Main,Owner,Bo Example,bo@example.com,Cancelled\n"
        "8/18/25 12:30 PM,1-5,Refund,-80.00,0.00,-80.00,0.00,-80.00,-30.00,Card,1 x Noodles,Dine in,POS 1,Main,Owner,Ann Example,ann@example.com,Closed\n"
        "8/19/25 1:30 PM,1-6,Sale,40.00,0.00,40.00,0.00,40.00,15.00,Card,1 x Tea,Dine in,POS 1,Main,Owner,,,Closed\n",
        {"purchases": 2, "gross": 200, "discounts": 10, "refunds": 80, "customers": 1},
    ),
    "plentymarkets, statuses with numbers": (
        "Auftrags-ID;Auftragstyp;Auftragsdatum;Kunden-ID;E-Mail;Status;Rechnungsbetrag (brutto);Warenwert (netto);Versandkosten (netto);Währung;Ursprungsauftrag\n"
        "100;Auftrag;05.01.2025;K1;ann@example.com;7 - Warenausgang gebucht;124,95;100,00;5,00;EUR;\n"
        "101;Auftrag;16.01.2025;K2;bo@example.com;8 - Storniert;59,50;50,00;0,00;EUR;\n"
        "102;Gutschrift;20.01.2025;K1;ann@example.com;11 - Gutschrift;59,50;50,00;0,00;EUR;100\n"
        "104;Angebot;21.01.2025;K2;bo@example.com;1 - Angebot;119,00;100,00;0,00;EUR;\n",
        {"purchases": 1, "gross": 100, "refunds": 50, "customers": 1},
    ),
    "xt:Commerce, names of its tables": (
        "orders_id;customers_id;customers_email_address;orders_status;date_purchased;currency;ot_total;ot_shipping;ot_tax\n"
        "4001;11;ann@example.com;Versendet;2025-01-05 10:00:00;EUR;119,00;0,00;19,00\n"
        "4002;12;bo@example.com;Storniert;2025-01-15 10:00:00;EUR;59,50;0,00;9,50\n"
        "4003;11;ann@example.com;Versendet;2025-02-15 10:00:00;EUR;59,50;0,00;9,50\n",
        {"purchases": 2, "gross": 150, "customers": 1, "currency": "EUR"},
    ),
    "Paddle, unpaid invoices": (
        "transaction_id,status,customer_id,currency_code,subtotal,discount,tax,total,created_at\n"
        "txn_1,completed,ctm_1,USD,100.00,0.00,20.00,120.00,2025-01-05T10:00:00Z\n"
        "txn_2,past_due,ctm_2,USD,50.00,0.00,10.00,60.00,2025-02-06T10:00:00Z\n",
        {"purchases": 1, "gross": 100, "customers": 1, "currency": "USD"},
    ),
    # The account is one of the ledger, not of a customer.
    "invoices by account": (
        "Invoice number,Invoice date,Account code,Email address,Line amount,Type,Status\n"
        "INV-1,2025-01-15,200,ann@example.com,100.00,Sales invoice,Paid\n"
        "INV-2,2025-01-16,200,bo@example.com,50.00,Sales invoice,Paid\n"
        "CN-1,2025-01-20,200,ann@example.com,20.00,Sales credit note,Paid\n",
        {"purchases": 2, "gross": 150, "refunds": 20, "customers": 2},
    ),
    "GA4 in BigQuery": (
        "transaction_id,user_pseudo_id,event_date,purchase_revenue\n"
        "T1,1.1,20250105,10.5\nT2,1.1,20250106,20\n",
        {"purchases": 2, "gross": "30.5", "customers": 1},
    ),
    "till with refunds by their kind": (
        "Transaction ID,Date,Type,Customer ID,Amount\n"
        "1,2025-01-05,Sale,a,10\n2,2025-01-06,Sale,b,20\n3,2025-01-07,Refund,b,20\n4,2025-01-07,Payout,,30\n",
        {"purchases": 2, "gross": 30, "refunds": 20, "customers": 2},
    ),
    "ledger with credit notes": (
        "Belegnr;Datum;Belegart;Kundennr;Betrag\n"
        "1;05.01.2025;Rechnung;a;10,00\n2;06.01.2025;Rechnung;b;20,00\n3;07.01.2025;Gutschrift;b;20,00\n",
        {"purchases": 2, "gross": 30, "refunds": 20, "customers": 2},
    ),
    "statuses in sentences": (
        "order_id,customer_id,ordered_at,gross_amount,status\n"
        "1,a,2025-01-05,10,Order Cancelled\n2,a,2025-01-06,20,Payment failed\n3,a,2025-01-07,30,Completed\n"
        "4,a,2025-01-08,40,Cancelled by customer\n5,a,2025-01-08,50,Not cancelled\n",
        {"purchases": 2, "gross": 80, "customers": 1},
    ),
    "cancelled by a time": (
        "order_id,customer_id,ordered_at,gross_amount,cancelled_at\n"
        "1,a,2025-01-05,10,\n2,a,2025-01-06,20,2025-01-07\n",
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "cancelled and tests by a flag": (
        "order_id,customer_id,ordered_at,gross_amount,is_test\n"
        "1,a,2025-01-05,10,false\n2,a,2025-01-06,20,true\n",
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "cancelled without an amount": (
        "order_id,customer_id,ordered_at,gross_amount,status\n"
        "1,a,2025-01-05,10,paid\n2,a,2025-01-06,,cancelled\n",
        {"purchases": 1, "gross": 10, "customers": 1},
    ),
    "discounts in per cent": (
        "order_id,customer_id,ordered_at,gross_amount,discount\n"
        "1,a,2025-01-05,100,10%\n2,a,2025-01-06,50,0%\n",
        {"purchases": 2, "gross": 150, "discounts": 10, "customers": 1},
    ),
    "cents by the name": (
        "order_id,created_at,customer_id,total_price_cents\n1,2025-01-05,a,1050\n2,2025-01-06,b,2000\n",
        {"purchases": 2, "gross": "30.50", "customers": 2},
    ),
    "currency by the name": (
        "Order ID,Date,Customer ID,Total (USD)\n1,2025-01-05,a,10\n2,2025-01-06,b,20\n",
        {"purchases": 2, "gross": 30, "customers": 2, "currency": "USD"},
    ),
    "JSON with lists of lines": (
        '{"orders": [{"order_id": 1, "date": "2025-01-05", "customer_id": 5, "items": ['
        '{"sku": "a", "quantity": 2, "price": 5.0}, {"sku": "b", "quantity": 1, "price": 3}]},'
        ' {"order_id": 2, "date": "2025-01-06", "customer_id": 5, "items": ['
        '{"sku": "a", "quantity": 1, "price": 5.0}]}]}',
        {"purchases": 2, "gross": 18, "customers": 1},
    ),
}

ROWS = "order_id,customer_id,ordered_at,gross_amount\n1,a,2025-01-05,10\n2,b,2025-01-06,20\n"
TWO_ROWS = {"purchases": 2, "gross": 30, "customers": 2}
# The same two rows as files have them that something has gone wrong with, or in other forms.
EXPORTS |= {
    "rows quoted as a whole": (
        "".join(f'"{line}"\n' for line in ROWS.splitlines()),
        TWO_ROWS,
    ),
    "rows below the header quoted as a whole": (
        'order_id,customer_id,ordered_at,gross_amount\n"1,a,2025-01-05,""1,010.00"""\n"2,b,2025-01-06,20"\n',
        TWO_ROWS | {"gross": 1030},
    ),
    "quotes escaped by backslashes": (
        'order_id,customer_id,ordered_at,gross_amount,note\n1,a,2025-01-05,10,"say \\"hi\\", ok"\n2,b,2025-01-06,20,x\n',
        TWO_ROWS,
    ),
    "a remark below": (ROWS + "Generated by Shop on 2025-01-07\n", TWO_ROWS),
    "remarks apart below": (
        ROWS + '\n"2","record(s) downloaded, from Jan-01-25"\nSeller ID : shop\n',
        TWO_ROWS,
    ),
    "amounts in crowns": (
        ROWS.replace(",10\n", ",10.00 kr\n").replace(",20\n", ",kr 20.00\n"),
        TWO_ROWS,
    ),
    "JSON of records by id": (
        '{"1": {"order_id": 1, "customer_id": "a", "ordered_at": "2025-01-05", "gross_amount": 10},'
        ' "2": {"order_id": 2, "customer_id": "b", "ordered_at": "2025-01-06", "gross_amount": 20}}',
        TWO_ROWS,
    ),
    "JSON of columns": (
        '{"order_id": [1, 2], "customer_id": ["a", "b"], "ordered_at": ["2025-01-05", "2025-01-06"],'
        ' "gross_amount": [10, 20]}',
        TWO_ROWS,
    ),
    "JSON of lists": (
        '[["order_id", "customer_id", "ordered_at", "gross_amount"], [1, "a", "2025-01-05", 10],'
        ' [2, "b", "2025-01-06", 20]]',
        TWO_ROWS,
    ),
}


def is_no_purchase(status, settings):
    excluded = settings.get("excluded_statuses", project_settings()["excluded_statuses"])
    return (status or "").lower().replace(" ", "-") in {
        one.lower().replace(" ", "-") for one in excluded
    }


@pytest.mark.parametrize("name", EXPORTS)
def test_invented_export_comes_in_as_computed_by_hand(name, tmp_path):
    content, expected = EXPORTS[name]
    path = tmp_path / "orders.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    with duckdb.connect() as connection:
        found = connection.execute(f"from '{imported.orders}'")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        refunds = 0
        if imported.refunds:
            (refunds,) = connection.sql(f"select sum(amount) from '{imported.refunds}'").fetchone()
    rows = [row for row in rows if not is_no_purchase(row.get("status"), imported.settings)]
    identity = imported.settings.get("customer_identity", "customer_id")
    assert {
        "purchases": len(rows),
        "gross": sum(row["gross_amount"] for row in rows),
        "discounts": sum(row.get("discount_amount") or 0 for row in rows),
        "refunds": refunds,
        "customers": len({row[identity] for row in rows} - {None}),
    } == {
        "discounts": 0,
        "refunds": 0,
        **{key: Decimal(value) for key, value in expected.items() if key != "currency"},
    }
    if "currency" in expected:
        assert {row["currency"] for row in rows} == {expected["currency"]}
    assert all(count.rejected == 0 for count in imported.counts.values())


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("Mo., 05.01.2025", datetime(2025, 1, 5)),
        ("15.01.2025 um 15:04 Uhr", datetime(2025, 1, 15, 15, 4)),
        ("2026-01-05T10:00:00+01:00[Europe/Berlin]", datetime(2026, 1, 5, 9)),
        (
            "Sun Jan 05 2025 10:00:00 GMT+0200 (Central European Summer Time)",
            datetime(2025, 1, 5, 8),
        ),
        ("05JAN2025:10:30:00", datetime(2025, 1, 5, 10, 30)),
        ("2025年1月5日", datetime(2025, 1, 5)),
    ],
)
def test_further_spellings_of_dates_are_read(spelling, expected, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        f'order_id,customer_id,ordered_at,gross_amount\n1,a,"{spelling}",10\n', encoding="utf-8"
    )
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert duckdb.sql(f"select ordered_at from '{imported.orders}'").fetchone() == (expected,)


def test_orders_that_are_all_of_one_customer_are_asked_about(tmp_path):
    path = tmp_path / "till.csv"
    rows = [f"{at},2025-01-{at:02},till@example.com,{at}.50" for at in range(1, 21)]
    path.write_text("\n".join(["Receipt,Date,E-mail,Amount", *rows, ""]))
    with pytest.raises(DecisionNeededError, match=r"all 20 orders are of one customer by E-mail"):
        ingest_files([path], tmp_path / "imports" / "shop")
    chosen = {"columns": {"raw_orders": {"email": "E-mail"}}}
    imported = ingest_files([path], tmp_path / "imports" / "shop", chosen)
    assert imported.counts["raw_orders"].accepted == 20
    path.write_text("\n".join(["Receipt,Date,E-mail,Amount", *rows[:-1], ""]))
    assert ingest_files([path], tmp_path / "imports" / "shop").orders


def test_a_row_without_its_end_is_no_remark(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ROWS + "3,b", encoding="utf-8")
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert (imported.counts["raw_orders"].accepted, imported.counts["raw_orders"].rejected) == (
        2,
        1,
    )


def test_the_only_file_of_an_archive_is_read_and_of_several_one_is_asked_for(tmp_path):
    path = tmp_path / "orders.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", ROWS)
        archive.writestr("__MACOSX/._orders.csv", "x")
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert imported.counts["raw_orders"].accepted == 2
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("customers.csv", "customer_id\na\n")
    with pytest.raises(
        NotUsableError, match=r"orders\.zip: contains 2 files \(orders\.csv, customers"
    ):
        ingest_files([path], tmp_path / "imports" / "shop")
    path.write_bytes(path.read_bytes()[:120])
    with pytest.raises(NotUsableError, match=r"orders\.zip: "):
        ingest_files([path], tmp_path / "imports" / "shop")


HEADER = "order_id,customer_id,ordered_at,gross_amount"
FILES = {
    "us.csv": f"{HEADER}\n1001,a,2025-01-05,10\n1002,b,2025-01-06,20\n",
    "ca.csv": f"{HEADER}\n1001,c,2025-02-05,30\n1002,d,2025-02-06,40\n",
}


def test_orders_of_strangers_with_one_id_in_two_files_are_asked_about(tmp_path):
    paths = []
    for name, content in FILES.items():
        paths.append(tmp_path / name)
        paths[-1].write_text(content)
    with pytest.raises(
        DecisionNeededError, match=r"2 order ids appear in several files.*store: file"
    ):
        ingest_files(paths, tmp_path / "imports" / "shop")
    imported = ingest_files(paths, tmp_path / "imports" / "shop", {"store": "file"})
    found = duckdb.sql(f"select store, order_id from '{imported.orders}' order by all").fetchall()
    assert found == [("ca", "1001"), ("ca", "1002"), ("us", "1001"), ("us", "1002")]


def test_later_versions_of_orders_are_not_taken_for_strangers(tmp_path):
    paths = [tmp_path / "us.csv", tmp_path / "later.csv"]
    paths[0].write_text(FILES["us.csv"])
    paths[1].write_text(FILES["us.csv"].replace(",20\n", ",25\n") + "1003,b,2025-03-01,5\n")
    imported = ingest_files(paths, tmp_path / "imports" / "shop")
    total = duckdb.sql(f"select sum(gross_amount) from '{imported.orders}'").fetchone()
    assert total == (Decimal(40),)


@pytest.mark.parametrize("amounts", ["12.500 1.250", '"12,500" "1,250"'])
def test_amounts_of_three_decimals_are_read_where_the_currency_has_them(amounts, tmp_path):
    first, second = amounts.split()
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER},currency\n1,a,2025-01-05,{first},KWD\n2,a,2025-01-06,{second},KWD\n")
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    total = duckdb.sql(f"select sum(gross_amount) from '{imported.orders}'").fetchone()
    assert total == (Decimal("13.75"),)
    path.write_text(path.read_text().replace("KWD", "EUR"))
    with pytest.raises(DecisionNeededError, match="decimal_separator"):
        ingest_files([path], tmp_path / "imports" / "shop")


def test_a_shop_file_that_somebody_changed_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("RETENTION_IMPORTS_PATH", str(tmp_path / "imports"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(ROWS)
    shop = tmp_path / "shop.yml"

    def written():
        return bring_in(["orders.csv"], {}, {"phone_country": "DE"}, Console(), accept=True)

    written()
    first = shop.read_text()
    assert "phone_country: DE" in first
    written()
    assert shop.read_text() == first
    shop.write_text(first.replace("grain: order", "grain: order  # checked"))
    notes = written().imported.notes
    assert "# checked" in shop.read_text()
    assert any("shop.yml was changed by hand and is kept" in note for note in notes)


# --- Prices that include tax ----------------------------------------------------------------------

TAXED = "Order id,Customer,Date,Subtotal,Shipping,Discount,VAT,Tip,Duties,Total"
INCLUDED, ADDED = "119,0,0,19,0,0,119", "100,0,0,19,0,0,119"
DISAGREE = "totals disagree on whether prices include tax"
UNKNOWN = "nothing says whether prices include tax"
TAXED_ORDERS = {
    "included": ([INCLUDED, "59.50,0,0,9.50,0,0,59.50"], [100, 50], "prices include tax"),
    "added": ([ADDED, "50,0,0,9.50,0,0,59.50"], [100, 50], ""),
    "included, shipping": ([INCLUDED, "114,5,0,19,0,0,119"], [100, "95.7983"], "prices include"),
    "added, shipping": ([ADDED, "100,5,0,19,0,0,124"], [100, 100], ""),
    "included, tip": ([INCLUDED, "119,0,0,19,5,0,124"], [100, 100], "prices include"),
    "included, all tip as the tax": (["119,0,0,19,19,0,138"] * 2, [100, 100], "prices include"),
    "added, tip": ([ADDED, "100,0,0,19,5,0,124"], [100, 100], ""),
    "added, tip beside the total": (["100,0,0,19,5,0,119"], [100], ""),
    "included, tip beside the total": (["119,0,0,19,5,0,119"], [100], "prices include"),
    "included, duties": (["119,0,0,19,0,19,138"], [100], "prices include"),
    "added, duties": (["100,0,0,19,0,7,126"], [100], ""),
    "included, discount": (["238,0,119,19,0,0,119"], [200], "prices include"),
    "added, discount": (["200,0,100,19,0,0,119"], [200], ""),
    # The subtotal is after the discount.
    "included, discounted": (["119,0,20,19,0,0,119"], [100], "prices include"),
    "added, discounted": (["100,0,20,19,0,0,119"], [100], ""),
    "included, part of no column": ([INCLUDED, "119,0,0,19,0,0,126"], [100, 100], "prices include"),
    "included, much of no column": ([INCLUDED, "119,0,0,19,0,0,150"], [100, 100], "prices include"),
    "included, tax of no column": ([INCLUDED] * 2 + ["119,0,0,19,0,0,138"], [100] * 3, "to be tips"),
    "added, part of no column": ([ADDED, "100,0,0,19,0,0,150"], [100, 100], ""),
    "added, coupon of no column": ([ADDED, "100,0,0,19,0,0,110"], [100, 100], ""),
    "both": ([INCLUDED, INCLUDED, "100,0,0,8,0,0,108"], [100, 100, 100], DISAGREE),
    "both, a part of no column": ([INCLUDED, INCLUDED, "100,0,0,8,0,0,108", "119,0,0,19,0,0,150"], [100] * 4, DISAGREE),
    "no evidence": (["100,0,0,19,0,0,150"], [100], UNKNOWN),
    "no tax": (["100,5,0,0,0,0,105"], [100], ""),
}  # fmt: skip


def goods_of(imported):
    found = duckdb.sql(f"select gross_amount from '{imported.orders}' order by order_id").fetchall()
    return [amount for (amount,) in found]


def taxed(tmp_path, header, orders):
    path = tmp_path / "orders.csv"
    rows = [f"{at},c{at},2025-01-0{at},{order}" for at, order in enumerate(orders, start=1)]
    path.write_text("\n".join([header, *rows, ""]))
    return ingest_files([path], tmp_path / "imports" / "shop")


@pytest.mark.parametrize("name", TAXED_ORDERS)
def test_totals_tell_whether_prices_hold_the_tax(name, tmp_path):
    orders, goods, said = TAXED_ORDERS[name]
    imported = taxed(tmp_path, TAXED, orders)
    assert goods_of(imported) == [Decimal(one) for one in goods]
    notes = [note for note in imported.notes if "include tax" in note]
    assert len(notes) == bool(said)
    assert all(said in note for note in notes)
    (decided,) = [one[1] for one in imported.decisions if one[0] == "tax_included"]
    without = {"": "prices exclude tax", UNKNOWN: "prices exclude tax"}
    both = {DISAGREE: "order by order"}
    assert decided == (without | both).get(said, "prices include tax")


def test_shop_file_says_whether_prices_hold_the_tax(tmp_path, monkeypatch):
    monkeypatch.setenv("RETENTION_IMPORTS_PATH", str(tmp_path / "imports"))
    monkeypatch.chdir(tmp_path)
    taxed(tmp_path, TAXED, [ADDED])
    shop = tmp_path / "shop.yml"
    bring_in(["orders.csv"], {}, {}, Console(), accept=True)
    total = "tax_included: # 0 totals leave no room for tax on top, 1 add it to the prices"
    written = shop.read_text()
    assert total in re.sub(r" +#", " #", written)
    for always, goods in [("true", "81"), ("false", "100")]:
        start, end = written.index("  tax_included:"), written.index("  customer_identity:")
        said = f"  tax_included: {{always: {always}}}\n"
        shop.write_text(written[:start] + said + written[end:])
        imported = bring_in(["shop.yml"], {}, {}, Console(), accept=True).imported
        assert goods_of(imported) == [Decimal(goods)]


@pytest.mark.parametrize(
    ("header", "orders", "goods"),
    [
        ("Price,Quantity,VAT,Total", ["59.50,2,19,119"], [100]),
        ("Price,Quantity,VAT,Total", ["50,2,19,119"], [100]),
        ("Subtotal_cents,VAT_cents,Total_cents", ["11900,1900,11900"], [100]),
        ("Subtotal,VAT,Tax included", ["119,19,yes", "100,19,no"], [100, 100]),
        ("Subtotal,VAT,Total", ["119,19,119", "119,19,n/a"], [100, 100]),
        # Goods are what the total leaves.
        ("VAT,Tip,Duties,Total", ["19,5,7,131"], [100]),
        # Nothing but a note.
        ("Subtotal,VAT", ["119,19"], [119]),
    ],
)
def test_tax_and_tips_are_no_goods_of_other_columns(header, orders, goods, tmp_path):
    imported = taxed(tmp_path, f"Order id,Customer,Date,{header}", orders)
    assert goods_of(imported) == goods
    assert any(UNKNOWN in note for note in imported.notes) == (header == "Subtotal,VAT")


def test_refunds_in_rows_of_their_own_are_without_the_tax_too(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "Order id,Customer,Date,Subtotal,VAT,Total\n1,a,2025-01-05,119,19,119\n"
        "2,a,2025-01-06,-119,-19,-119\n"
    )
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert goods_of(imported) == [100]
    assert duckdb.sql(f"select amount from '{imported.refunds}'").fetchall() == [(100,)]


def test_lines_that_are_tips_are_no_goods(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "Order id,Customer,Date,Product,Price,Quantity\n"
        "1,a,2025-01-05,Lamp,20,1\n1,a,2025-01-05,Pen,2,2\n1,a,2025-01-05,Tip,5,1\n"
    )
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert goods_of(imported) == [24]
    lines = duckdb.sql(f"select product_name, amount from '{imported.lines}' order by 1").fetchall()
    assert lines == [("Lamp", 20), ("Pen", 4)]


SHOPIFY = (
    "Name,Email,Financial Status,Created at,Subtotal,Shipping,Taxes,Discount Amount,Total,"
    "Lineitem quantity,Lineitem name,Lineitem price"
)
LAMP_INCLUDED, LAMP_ADDED = "119,0,19,0,119", "100,0,19,0,119"


@pytest.mark.parametrize(
    ("orders", "tips", "goods"),
    [
        # A tip as large as the tax, or larger: of a line, or of the total only.
        ([LAMP_INCLUDED, "119,0,19,0,138"], {}, [100, 100]),
        ([LAMP_INCLUDED] * 2 + ["119,0,19,0,138"], {}, [100, 100, 100]),
        ([LAMP_INCLUDED, "119,0,19,0,150"], {}, [100, 100]),
        (["119,0,19,0,124", "119,0,19,0,150"], {}, [100, 100]),
        (["119,0,19,0,138"], {1: 19}, [100]),
        (["119,0,19,0,150"], {1: 31}, [100]),
        ([LAMP_ADDED, "100,0,19,0,138"], {2: 19}, [100, 100]),
        ([LAMP_ADDED, "100,0,19,0,150"], {}, [100, 100]),
        # Both kinds in a file, for customers here and abroad.
        ([LAMP_INCLUDED, LAMP_ADDED, "119,0,19,0,124"], {}, [100, 100, 100]),
        ([LAMP_INCLUDED, "100,0,8,0,108", "119,0,19,0,138"], {3: 19}, [100, 100, 100]),
        # Discounts, which the subtotal is after.
        (["119,0,19,20,119"], {}, ["116.8067"]),
        (["100,0,19,20,119"], {}, [120]),
    ],
)
def test_tips_of_shopify_are_no_goods_and_no_tax(orders, tips, goods, tmp_path):
    path = tmp_path / "orders.csv"
    rows = [SHOPIFY]
    for at, order in enumerate(orders, start=1):
        day = f"2025-01-0{at} 10:00:00 +0000"
        rows.append(f"#{at},c{at}@example.com,paid,{day},{order},1,Lamp,119")
        if at in tips:
            rows.append(f"#{at},c{at}@example.com,,{day},,,,,,1,Tip,{tips[at]}")
    path.write_text("\n".join([*rows, ""]))
    imported = ingest_files([path], tmp_path / "imports" / "shop")
    assert goods_of(imported) == [Decimal(one) for one in goods]
    lines = duckdb.sql(f"select product_name, count(*) from '{imported.lines}' group by 1")
    assert lines.fetchall() == [("Lamp", len(orders))]
