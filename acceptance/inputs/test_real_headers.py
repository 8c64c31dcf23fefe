"""Small exports after the real headers of shop systems come in as computed by hand."""
# ruff: noqa: E501 (headers)

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ruamel.yaml import YAML

from retention_cli.ingest import formats, ingest_files
from retention_cli.project import ROOT, project_settings

EXPORTS = ROOT / "acceptance" / "inputs" / "exports_real_headers"
FORMATS = ROOT / "retention_cli" / "ingest" / "formats"
ALWAYS_EXCLUDED = project_settings()["excluded_statuses"]


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return what is expected of each example, by its path below the folder of examples."""
    yaml = YAML(typ="safe")
    return {
        f"{path.parent.name}/{name}": expected
        for path in sorted(EXPORTS.glob("*/expected.yml"))
        for name, expected in yaml.load(path).items()
    }


@dataclass(frozen=True)
class Orders:
    """The imported orders: their columns by name, and which of them are purchases."""

    rows: list[dict[str, Any]]
    excluded: set[str]

    def is_purchase(self, row: dict[str, Any]) -> bool:
        """Return whether an order counts, by its status without the prefix of WooCommerce."""
        status = (row.get("status") or "").casefold().removeprefix("wc-")
        return status not in self.excluded

    @property
    def purchases(self) -> list[dict[str, Any]]:
        """The orders that count."""
        return [row for row in self.rows if self.is_purchase(row)]


def rows_of(path: Path | None) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file as dictionaries; none where there is no file."""
    if path is None:
        return []
    with duckdb.connect() as connection:
        found = connection.execute("select * from read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def total(rows: list[dict[str, Any]], column: str) -> Decimal:
    """Sum a column of money; a missing value is nothing."""
    return sum((row.get(column) or Decimal(0) for row in rows), Decimal(0))


@pytest.mark.parametrize("name", examples())
def test_example_comes_in_as_computed_by_hand(name: str, tmp_path: Path) -> None:
    expected = examples()[name]
    imported = ingest_files([EXPORTS / name], tmp_path / "imported")
    excluded = imported.settings.get("excluded_statuses", ALWAYS_EXCLUDED)
    orders = Orders(rows_of(imported.orders), {status.casefold() for status in excluded})
    identity = imported.settings.get("customer_identity", "customer_id")
    purchases = orders.purchases
    ids = {row["order_id"] for row in purchases}
    refunds = [
        row
        for row in rows_of(imported.refunds)
        if row["order_id"] is None or row["order_id"] in ids
    ]
    days = sorted(row["ordered_at"].date() for row in purchases)
    gross, discounts = total(purchases, "gross_amount"), total(purchases, "discount_amount")
    refunded = total(refunds, "amount")
    found = {
        "mapping": imported.mapping.name,
        "orders": len(orders.rows),
        "purchases": len(purchases),
        "customers": len({row.get(identity) for row in purchases} - {None}),
        "gross": gross,
        "discounts": discounts,
        "refunds": refunded,
        "net": gross - discounts - refunded,
        "rejected": sum(count.rejected for count in imported.counts.values()),
        "first_date": days[0],
        "last_date": days[-1],
        "no_purchases": {
            (row.get("status") or "").casefold()
            for row in orders.rows
            if not orders.is_purchase(row)
        },
    }
    money = {key: Decimal(expected[key]) for key in ["gross", "discounts", "refunds", "net"]}
    statuses = {status.casefold() for status in expected["no_purchases"]}
    # The goods' share of a refund is a fraction: half a cent is as near as a file of cents can be.
    for key, amount in money.items():
        assert abs(found.pop(key) - amount) < Decimal("0.005"), (key, amount)
    wanted = {key: value for key, value in expected.items() if key not in money}
    assert found == wanted | {"no_purchases": statuses}
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert imported.orders in written
    for path in written:
        text = str(rows_of(path)) if path.suffix == ".parquet" else path.read_text("utf-8")
        for personal in ["@example.com", "Example Person", "Sample", "Muster"]:
            assert personal.casefold() not in text.casefold(), path


def test_every_mapping_has_an_example_and_every_example_a_mapping() -> None:
    mappings = {path.stem for path in FORMATS.glob("*.yml")}
    # Its header is that of shopify_rest without one column; it is tried with the shared inputs.
    untried = {"shopify_rest_without_refunds"}
    assert {expected["mapping"] for expected in examples().values()} == mappings - untried


def test_every_file_of_examples_is_expected() -> None:
    files = {
        f"{path.parent.name}/{path.name}"
        for path in EXPORTS.glob("*/*")
        if path.name != "expected.yml"
    }
    assert files == set(examples())


@pytest.mark.parametrize(
    ("mapping", "header"),
    [
        (
            "woocommerce_analytics",
            "Datum,Bestellung #,N. Umsatz (formatiert),Status,Kunde,Kundentyp,Produkt(e),Verkaufte Artikel,Gutschein(e),Nettoumsatz,Zuordnung",
        ),
        (
            "woocommerce_analytics",
            "Date,Commande n°,Ventes nettes,État,Client,Type de client,Produit(s),Articles vendus,Code(s) promo,Attribution",
        ),
        (
            "woocommerce_analytics",
            "Fecha,Pedido nº,Ventas netas,Estado,Cliente,Tipo de cliente,Producto(s),Artículos vendidos,Cupón(es)",
        ),
        (
            "woocommerce_analytics",
            "Data,Ordine n.,Vendite nette,Stato,Cliente,Tipo di cliente,Prodotto/i,Articoli venduti,Codice promozionale",
        ),
        (
            "woocommerce_analytics",
            "Datum,Bestelling #,Netto omzet,Status,Klant,Klanttype,Product(en),Verkochte artikelen,Waardebon(nen)",
        ),
        (
            "woocommerce_analytics",
            "Data,Zamówienie #,Sprzedaż netto,Status,Klient,Typ klienta,Produkt(y),Sprzedane produkty,Kupon(y)",
        ),
        (
            "woocommerce_analytics",
            "Data,Encomenda nº,Vendas líquidas,Estado,Cliente,Tipo de cliente,Produto(s),Itens vendidos,Cupão(ões)",
        ),
        (
            "prestashop_orders",
            "ID;Référence;Nouveau client;Livraison;Client;Total;Paiement;État;Date",
        ),
        (
            "prestashop_orders",
            "ID;Referencia;Cliente nuevo;Entrega;Cliente;Total;Pago;Estado;Fecha",
        ),
        (
            "prestashop_orders",
            "ID;Referenz;Neuer Kunde;Lieferung;Kunde;Gesamt;Zahlung;Status;Datum",
        ),
        (
            "prestashop_orders",
            "ID;Riferimento;Nuovo cliente;Consegna;Cliente;Totale;Pagamento;Stato;Data",
        ),
        (
            "prestashop_orders",
            "ID;Referentie;Nieuwe klant;Levering;Klant;Totaal;Betaling;Status;Datum",
        ),
        ("prestashop_orders", "ID;Indeks;Nowy klient;Dostawa;Klient;Razem;Płatność;Status;Data"),
        (
            "prestashop_orders",
            "ID;Referência;Novo cliente;Entrega;Cliente;Total;Pagamento;Estado;Data",
        ),
    ],
)
def test_headers_in_other_languages_are_known(mapping: str, header: str) -> None:
    columns = header.split(";" if ";" in header else ",")
    assert formats.recognise(columns, [], "orders") == mapping
    found = formats.resolve(mapping, formats.ready_formats()[mapping], columns)
    wanted = {"order_id", "customer_id", "ordered_at", "gross_amount", "status"}
    assert set(found.columns) == wanted
    assert len({source.of for source in found.columns.values()}) == len(wanted)
    assert all(condition.column for condition in found.refunds.where)


def test_two_stores_of_shopify_keep_their_orders_apart(tmp_path: Path) -> None:
    """Both stores have a #1001; the ids of Shopify tell them apart."""
    header = "Name,Email,Financial Status,Subtotal,Total,Created at,Lineitem quantity,Id\n"
    files = []
    for store, amount in [("de", 100), ("ch", 70)]:
        path = tmp_path / f"{store}.csv"
        person, day = f"#1001,{store}@example.com", "2024-01-05 10:00:00 +0100"
        order = f"{person},paid,{amount},{amount},{day},1,{amount}1\n"
        path.write_text(f"{header}{order}{person},,,,{day},1,\n")
        files.append(path)
    imported = ingest_files(files, tmp_path / "imported")
    found = rows_of(imported.orders)
    assert {row["order_id"]: row["gross_amount"] for row in found} == {"1001": 100, "701": 70}
