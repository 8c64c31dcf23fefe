"""Who is one person, and that nobody's address leaves staging."""

from hashlib import sha256

import pytest

from acceptance.support.builds import run_dbt
from acceptance.support.personal_data import texts_outside_staging
from retention_cli.project import Project

ORDERS = """\
order_id,customer_id,ordered_at,gross_amount,email
o1,A1,2024-01-05,10.00,ada@example.com
o2,A2,2024-01-02,10.00, ADA@Example.com
o3,,2024-02-01,10.00,Ada@example.com
o4,B1,2024-01-03,10.00,bo@example.com
o5,B1,2024-01-04,10.00,bo.new@example.com
o6,,2024-01-01,10.00,bo.new@example.com
o7,C1,2024-01-06,10.00,
o8,C1,2024-01-07,10.00,
o9,,2024-01-08,10.00,
o10,D1,2024-01-09,10.00,d1@example.com
o11,D2,2024-01-10,10.00,d1@example.com
o12,D2,2024-01-11,10.00,d2@example.com
o13,D3,2024-01-12,10.00,d2@example.com
o14,E1,2024-01-13,10.00,
o15,E2,2024-01-14,10.00,eve@example.com
o16,mail@example.com,2024-01-15,10.00,
o17,F1,2024-01-16,ten for fay@example.com,fay@example.com
"""

CUSTOMERS = """\
customer_id,email,tier
A1,ada@example.com,gold
A2,ada@example.com,basic
E1,eve@example.com,gold
Z9,nobody@example.com,gold
"""


@pytest.fixture(
    scope="module",
    params=["email", pytest.param("customer_id", marks=pytest.mark.everything)],
)
def shop(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("identity")
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "customers.csv").write_text(CUSTOMERS)
    project = Project.in_folder(folder)
    variables = {
        "raw_orders": folder / "orders.csv",
        "raw_customers": folder / "customers.csv",
        "customer_identity": request.param,
        "segment_columns": ["tier"],
    }
    run_dbt(project, "build", **variables)
    with project.marts.connection() as connection:
        yield request.param, connection


def people(connection):
    """The orders of each person, a set a person."""
    rows = connection.sql("select customer_key, order_id from retention__orders").fetchall()
    orders = {}
    for key, order in rows:
        orders.setdefault(key, set()).add(order)
    return orders


def key_of(*addresses):
    return min(sha256(address.encode()).hexdigest() for address in addresses)


def test_ids_and_addresses_that_are_linked_are_one_person(shop):
    identity, connection = shop
    if identity == "customer_id":
        assert sorted(map(len, people(connection).values())) == [1] * 7 + [2] * 3 + [3]
        return
    assert people(connection) == {
        key_of("ada@example.com"): {"o1", "o2", "o3"},  # two ids and a guest
        key_of("bo@example.com", "bo.new@example.com"): {"o4", "o5", "o6"},  # two addresses
        "C1": {"o7", "o8"},  # no address at all
        None: {"o9"},
        key_of("d1@example.com", "d2@example.com"): {"o10", "o11", "o12", "o13"},  # a chain
        key_of("eve@example.com"): {"o14", "o15"},  # by the customer record
        key_of("mail@example.com"): {"o16"},  # the address is the id
    }


def test_people_are_merged_before_their_first_purchase_is_dated(shop):
    identity, connection = shop
    firsts = dict(
        connection.sql(
            "select order_id, order_number from retention__orders"
            " where order_id in ('o1', 'o2', 'o6')"
        ).fetchall()
    )
    expected = {"o1": 2, "o2": 1, "o6": 1}
    assert firsts == (expected if identity == "email" else {"o1": 1, "o2": 1, "o6": None})


def test_a_person_of_several_records_has_that_of_the_least_id(shop):
    identity, connection = shop
    tiers = dict(connection.sql("select customer_key, tier from retention__customers").fetchall())
    key = key_of("ada@example.com") if identity == "email" else "A1"
    assert tiers[key] == "gold"


def test_no_address_leaves_staging(shop):
    _, connection = shop
    rejected = connection.sql("select reason, raw_record from retention__rejected_records")
    assert rejected.fetchall()  # o17, whose amount holds an address
    assert texts_outside_staging(connection) == []
    assert texts_outside_staging(connection, "gold")  # what is there is found
