"""The page of shops with little, much or odd data: nothing overlaps, is cut off, empty or dumb.

Each shop is looked at on a phone, a tablet, a desk and on paper, in English and German; what is
looked for stands in `acceptance/support/page_faults.js`.
"""

import pandas as pd
import pytest

from acceptance.support.pages import A4, WIDTHS, looked_at
from acceptance.support.shops import orders_of
from retention_cli.dashboard import write_page
from retention_cli.dashboard.page import page_of

# Of the eight pairs of width and language, those that are looked at each time; the others, too, in
# the second tier.
AT_FIRST = [(390, "de"), (1440, "en"), (A4, "de")]
LANGUAGES = ["en", "de"]
LONG_NAME = "Handelsgesellschaft für außergewöhnlich langlebige Haushaltswaren mbH & Co. KG " * 2
TOWNS = 40


@pytest.fixture(scope="module")
def views(pytestconfig):
    """The widths and languages to look at."""
    every = [(width, language) for width in WIDTHS for language in LANGUAGES]
    return every if pytestconfig.getoption("everything") else AT_FIRST


def faults_of(tab, views, **chosen):
    """What is wrong with a page, by the width and the language in which it was seen."""
    seen = {view: looked_at(tab, *view, **chosen) for view in views}
    return {view: faults for view, faults in seen.items() if faults}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Write the page of a build: `page(build, shop="")`; the value is its path."""

    def write(build, shop=""):
        path = tmp_path_factory.mktemp("page") / "index.html"
        write_page(path, build, shop, [("2025-06-15", "Summer sale"), ("2025-06-20", "Rain")])
        return path

    return write


def town_of(customer):
    return f"Town of {int(customer[1:]) % TOWNS}"


def steady_orders(customers, first, days_between, orders_each, apart=7):
    """Orders of customers who start some days apart and then buy at equal distances."""
    start = pd.Timestamp(first)
    return orders_of(
        *(
            (f"c{customer}", f"{day:%Y-%m-%d}", f"{20 + customer % 7}.50")
            for customer in range(customers)
            for order in range(1 + customer % orders_each)
            for day in [start + pd.Timedelta(days=apart * (customer % 50) + days_between * order)]
        )
    )


def test_the_demo(opened, data, views):
    assert faults_of(opened(data["path"]), views) == {}


def test_two_segments_of_the_demo_beside_each_other(opened, data, views):
    places = [f"{one[0]}:{one[1]}" for one in data["held"]["segments"]]
    chosen = {"seg": places.index("country:DE"), "vs": places.index("country:unknown")}
    assert faults_of(opened(data["path"]), views, **chosen) == {}


@pytest.mark.parametrize("grain", ["week", "quarter", "year"])
def test_other_periods_of_the_demo(opened, data, grain):
    tab = opened(data["path"])
    assert looked_at(tab, 390, "de", grain=grain) == []
    assert looked_at(tab, 1440, "en", grain=grain) == []


def test_four_customers(opened, page, built_project, views):
    days = ["2024-01-05", "2024-01-20", "2024-02-03", "2024-03-09"]
    orders = orders_of(*((f"c{place}", day) for place, day in enumerate(days)))
    tab = opened(page(built_project(command="run", raw_orders=orders), "Small shop"), lang="en")
    assert tab.locator("#demo-flag").is_hidden()
    churn = tab.locator("[data-figure=churn_rate]")
    assert churn.locator(".value").inner_text() == "\N{EN DASH}"
    assert "nobody could be lost yet" in churn.inner_text()
    cac = tab.locator("[data-figure=customer_acquisition_cost]").inner_text()
    assert "no costs are given" in cac
    text = tab.locator("#s-acquisition").inner_text()
    assert "Nothing to show for these customers and periods: no costs are given" in text
    assert faults_of(tab, views) == {}


def test_one_cohort(opened, page, built_project, views):
    orders = steady_orders(12, "2025-03-03", 41, 5, apart=1)
    tab = opened(page(built_project(command="run", raw_orders=orders)))
    assert len(tab.evaluate("DATA.cohorts.month[0].start")) == 1
    assert faults_of(tab, views) == {}


def test_a_year_without_costs_with_many_segments(opened, page, built_project, views):
    orders = steady_orders(90, "2025-01-02", 33, 4)
    build = built_project(
        command="run",
        raw_orders=orders.assign(
            town=[f"Town of {int(one[1:]) % TOWNS}" for one in orders["customer_id"]]
        ),
        segment_columns=["town", "first_order_weekday"],
    )
    tab = opened(page(build, LONG_NAME), lang="en")
    assert "16 smaller values of “town” are not on this page" in tab.locator("main").inner_text()
    assert LONG_NAME.strip() in tab.locator("h1").inner_text()
    assert faults_of(tab, views) == {}
    assert looked_at(tab, 390, "de", grain="year") == []


def test_no_usable_order(opened, page, built_project):
    tab = opened(page(built_project(command="run", raw_orders=orders_of(("ann", "soon")))))
    assert "No order could be used" in tab.locator("#summary").inner_text()
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.complaints == []


def test_predictions_that_are_no_better_than_simple_rules(opened, data, tmp_path):
    """Said where they stand, in both languages."""
    held = data["held"]
    model = held["clv_model"] | {"beats_baseline": [0] * len(held["clv_model"]["model"])}
    path = tmp_path / "weak.html"
    path.write_text(page_of(held | {"clv_model": model}), encoding="utf-8")
    tab = opened(path, lang="en")
    assert "do not rely on the predictions" in tab.locator("[data-chart=model]").inner_text()
    tab.evaluate("change({lang: 'de'})")
    assert "nicht auf die Vorhersagen" in tab.locator("[data-chart=model]").inner_text()
