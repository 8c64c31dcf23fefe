"""The dashboard in a browser: what is on the screen is in the marts, and nothing is fetched."""

import re
import shutil
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import pandas as pd
import pytest
from playwright.sync_api import sync_playwright

from acceptance.support.shops import orders_of
from retention_cli.dashboard import (
    BROWSERS,
    board,
    boards,
    draw,
    print_page,
    printed,
    read_source,
    sections,
    served,
    write_page,
    write_project,
)

KPIS = {
    "churn_kpi": ("churn_rate", "{:.1%}"),
    "retention_kpi": ("retention_rate", "{:.1%}"),
    "repeat_kpi": ("repeat_customer_rate", "{:.1%}"),
    "revenue_retention_kpi": ("net_revenue_retention", "{:.1%}"),
    "frequency_kpi": ("purchase_frequency", "{:,.2f}"),
    "order_value_kpi": ("average_order_value", "{:,.2f}"),
    "clv_kpi": ("formula_clv", "{:,.2f}"),
    "acquisition_cost_kpi": ("customer_acquisition_cost", "{:,.2f}"),
}
RATES = {
    "churn": "churn_rate",
    "repeat": "repeat_customer_rate",
    "returning": "returning_customer_rate",
    "returning_revenue": "returning_revenue_share",
}


@pytest.fixture(scope="module")
def page(demo, tmp_path_factory):
    path = tmp_path_factory.mktemp("dashboard") / "index.html"
    assert write_page(path, demo, {}) == []
    return path


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        pytest.skip("needs Chromium, Chrome or Edge")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@pytest.fixture
def tab(browser, page):
    """The page in a new tab, 1440 pixels wide; its console and requests are kept."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        tab = context.new_page()
        tab.complaints, tab.requests = [], []
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("request", lambda request: tab.requests.append(request.url))
        tab.goto(page.as_uri())
        yield tab


def chart(tab, name, language="en", width="wide"):
    return tab.locator(f"main[lang={language}] .{width} [data-chart-id={name}]")


def texts(found):
    """The texts of a drawing, from top to bottom."""
    return [text.strip() for text in found.locator("text").all_text_contents()]


def last_complete(marts, metric, grain="month", dimension="all", value="all"):
    """The metric's value in the last complete period."""
    values = marts.query(
        f"""
        select value from retention__metrics
        where metric = '{metric}' and period_grain = '{grain}' and is_complete
            and segment_dimension = '{dimension}' and segment_value = '{value}'
        order by period_start desc limit 1
        """
    )
    return values["value"].item()


def points(tab, name):
    """What a chart says of each of its marks: period, state and value."""
    marks = chart(tab, name).locator("[data-dct-role=point][aria-label]")
    labels = marks.evaluate_all("marks => marks.map(mark => mark.getAttribute('aria-label'))")
    readable = [re.sub(r"[\u2060-\u2064\u200b-\u200d]", "", label) for label in labels]
    return {tuple(label.split("; ")[:2]): label.rsplit(": ", 1)[1] for label in readable}


def test_both_languages_have_the_same_charts_and_no_word_is_left_open(demo):
    english, german = boards(demo).values()
    assert english["charts"].keys() == german["charts"].keys()
    for language, one in boards(demo).items():
        assert "[[" not in str(one), language
    for name, one in english["charts"].items():
        text = "label" if one["type"] == "kpi" else "title"
        assert one[text] != german["charts"][name][text], name


def test_a_word_nobody_defined_is_an_error():
    source = read_source() | {"title": "[[nonsense]]"}
    with pytest.raises(KeyError, match=r"nonsense|label|formula"):
        board(source, "en", {})


def test_page_opens_at_once_without_errors_and_fetches_nothing(tab):
    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith(("file:", "data:"))] == []
    timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    assert tab.evaluate(timing) < 2000


@pytest.mark.parametrize("name", KPIS)
def test_headline_is_the_last_complete_period(tab, demo, name):
    metric, form = KPIS[name]
    shown = texts(chart(tab, name))[0]
    assert shown == form.format(last_complete(demo, metric))


@pytest.mark.parametrize("name", RATES)
def test_each_point_of_a_rate_is_in_the_marts(tab, demo, name):
    rows = demo.query(
        f"""
        select
            strftime(period_start, '%b %Y') as period, value,
            case
                when not is_complete then 'still running'
                when value is null then 'warm-up'
                else 'complete'
            end as state
        from retention__metrics
        where metric = '{RATES[name]}' and period_grain = 'month' and segment_dimension = 'all'
        """
    )
    expected = {(row.period, row.state): row.value for row in rows.itertuples()}
    shown = points(tab, name)
    assert shown.keys() == expected.keys()
    for key, text in shown.items():
        value = 0 if key[1] == "warm-up" else expected[key]
        assert float(text.rstrip("%")) / 100 == pytest.approx(value, abs=0.0005 + 1e-9), key


def test_running_and_warm_up_periods_look_different_and_say_why(tab):
    marks = chart(tab, "churn").locator("[data-dct-role=point][aria-label]")
    colours = {mark.get_attribute("fill"): mark.get_attribute("aria-label") for mark in marks.all()}
    assert len({"#0072B2", "#D55E00", "#767676"} & colours.keys()) == 3
    assert "still running" in colours["#D55E00"]
    assert "warm-up" in colours["#767676"]
    text = chart(tab, "churn").locator("desc").text_content()
    assert "nobody could lapse yet" in text
    assert "not comparable yet" in text


def test_waterfall_shows_the_movement_of_the_last_complete_period(tab, demo):
    row = demo.query(
        """
        from retention__period_snapshots
        where period_grain = 'month' and segment_dimension = 'all' and is_complete
        order by period_start desc limit 1
        """
    ).iloc[0]
    text = chart(tab, "movement").text_content()
    for sign, name in [("+", "new"), ("+", "reactivated"), ("-", "lost"), ("", "closing")]:
        assert f"{sign}{row[f'{name}_customers']}" in text


def test_heat_map_has_every_mature_cell_and_no_other(tab, demo):
    cells = demo.query(
        """
        select retention_rate from retention__cohorts
        where cohort_grain = 'month' and segment_dimension = 'all' and age > 0 and is_complete
        """
    )
    marks = chart(tab, "cohorts").locator("[aria-roledescription='rect mark']")
    labels = marks.evaluate_all("marks => marks.map(mark => mark.getAttribute('aria-label'))")
    shown = sorted(float(label.rsplit(": ", 1)[1].rstrip("%")) / 100 for label in labels)
    assert shown == pytest.approx(sorted(cells["retention_rate"]), abs=0.0005 + 1e-9)


def test_win_back_list_is_ranked_by_value_at_risk_and_names_nobody(tab, demo):
    customers = demo.query(
        "from retention__customers where value_at_risk is not null "
        "order by value_at_risk desc, customer_key limit 15"
    )
    text = " ".join(texts(chart(tab, "win_back")))
    places = [text.find(key) for key in customers["customer_key"]]
    assert places == sorted(places)
    assert min(places) >= 0
    assert f"{customers['value_at_risk'][0]:,.2f}" in text
    assert "@" not in tab.content().split("</style>", 1)[1]


def test_data_quality_ties(tab, demo):
    text = re.sub(r"\s+", "", chart(tab, "quality").text_content())
    for row in demo.frame("retention__data_quality").itertuples():
        counts = [row.raw, row.accepted, row.rejected, row.duplicates_dropped]
        assert row.input + "".join(f"{count:,}" for count in counts) in text


def test_pointing_at_a_mark_shows_its_value_and_formula(tab):
    mark = chart(tab, "churn").locator("[data-dct-role=point][aria-label*='Jun 2024']").first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tooltip = tab.locator(".dbt-tooltip:visible")
    assert "lost customers / opening customers" in tooltip.first.inner_text().lower()


def test_german_by_keyboard(tab):
    assert chart(tab, "churn").is_visible()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.locator("main[lang=en]").is_hidden()
    text = tab.locator("main[lang=de]").text_content()
    assert "Fluktuationsrate, Abwanderung" in text
    assert "Halten wir unsere Kunden?" in text
    reached = set()
    for _ in range(30):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.dataset.chartId"))
    assert {"churn_kpi", "churn", "movement"} <= reached


def test_phone_has_no_sideways_scrolling(browser, page):
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        tab = context.new_page()
        tab.goto(page.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        assert chart(tab, "churn", width="phone").is_visible()
        assert chart(tab, "churn", width="wide").is_hidden()
        size = chart(tab, "churn", width="phone").bounding_box()
        assert size["width"] > 300


def test_prints_to_pages(page, browser):
    pdf = page.with_suffix(".pdf")
    print_page(page, pdf)
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 4


def drawn(marts, *names):
    """The named sections in English, as dbt Charts draws them, and what it could not draw."""
    whole = sections(boards(marts)["en"])
    return draw(marts, {name: printed(whole[name]) for name in names}, {})


def test_text_of_the_data_stays_text(browser, built_project, tmp_path):
    hostile = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "[[formula churn_rate]]", "a' or '1'='1"]
    orders = orders_of(*((f"c{place}", "2024-01-31") for place in range(4)))
    orders = orders.assign(acquisition_channel=hostile, currency="<b>X{{ 7 * 7 }}")
    costs = pd.DataFrame(
        {
            "spent_on": "2024-01-31",
            "purpose": "acquisition",
            "amount": "10",
            "channel": hostile,
            "currency": "<b>X{{ 7 * 7 }}",
        }
    )
    marts = built_project(
        command="run", raw_orders=orders, raw_costs=costs, segment_columns=["acquisition_channel"]
    )
    pages, problems = drawn(marts, "acquisition")
    assert problems == []
    path = tmp_path / "acquisition.html"
    path.write_text(pages["acquisition"], encoding="utf-8")
    with browser.new_context() as context:
        tab = context.new_page()
        dialogs = []
        tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        tab.goto(path.as_uri())
        assert dialogs == []
        shown = texts(tab.locator("[data-chart-id=channels]"))
        assert set(hostile) <= set(shown)
        assert "49" not in " ".join(texts(tab.locator("svg").first))


def test_what_is_not_there_is_said(built_project):
    marts = built_project(command="run", raw_orders=orders_of(("ann", "2024-01-15")))
    pages, problems = drawn(marts, "summary", "retention", "value", "acquisition")
    assert problems == []
    assert "no complete period yet" in pages["summary"]
    assert 'data-chart-id="movement"' not in pages["retention"]
    reason = marts.frame("retention__clv_model")["refused_reason"].max()
    text = re.sub(r"<[^>]+>|\s+", " ", pages["value"])
    assert " ".join(reason.split()[:4]) in " ".join(text.split())
    assert "No acquisition costs are recorded" in pages["acquisition"]
    assert "No survey responses are recorded" in pages["acquisition"]


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    contents = {}
    for language, whole in boards(demo).items():
        contents |= served(whole, language)
    write_project(folder, demo, contents)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    program = f"{sys.prefix}/bin/dct"
    command = [program, "--no-send-anonymous-usage-stats", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--project-dir", str(folder), "--no-cache"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        for _ in range(60):
            try:
                urlopen(f"{address}/en/quality/", timeout=20).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def test_filters_of_the_served_board_change_its_numbers(browser, server, demo):
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        tab = context.new_page()
        tab.goto(f"{server}/en/summary/")
        churn = tab.locator("[data-chart-id=churn_kpi]")
        assert texts(churn)[0] == f"{last_complete(demo, 'churn_rate'):.1%}"
        tab.goto(f"{server}/en/summary/?grain=quarter&segment=country:%20DE&last_day=2025-12-31")
        quarter = demo.query(
            """
            select value from retention__metrics
            where metric = 'churn_rate' and period_grain = 'quarter' and period_start = '2025-10-01'
                and segment_dimension = 'country' and segment_value = 'DE'
            """
        )["value"].item()
        assert texts(churn)[0] == f"{quarter:.1%}"
        assert "2025 Q4" in tab.content()
        link = tab.get_by_role("link", name="Do we keep our customers?")
        assert "grain=quarter" in link.get_attribute("href")
        assert "segment=country%3A%20DE" in link.get_attribute("href")
        offered = tab.content()
        for value in ("country: DE", "acquisition_channel: referral"):
            assert value in offered
