"""The documentation names what there is, and nothing else."""

import re

import pandas as pd
import pytest
import yaml

from acceptance.support.shops import orders_of, row_of
from retention_cli.cli import write_docs_page
from retention_cli.project import ROOT, Project
from tools.catalogue import DESCRIPTIONS
from tools.pictures import SIZE, data_flow, first_screen, text_of

EXAMPLE = yaml.safe_load(
    (ROOT / "retention_cli/dashboard/assets/words.yml").read_text(encoding="utf-8")
)
# What stands on each card of the page, and in its table, by its section and its title.
CARDS = """() => [...document.querySelectorAll('figure.card, article.figure')].map(card => {
    const heading = card.closest('section').querySelector('h2');
    const section = card.chart ? heading.textContent : 'First screen';
    const cells = card.chart ? card.chart.table().rows.flat().map(textOf) : [];
    return [section, card.querySelector('h3').textContent, [card.textContent, ...cells].join(' ')];
})"""
OVERVIEW = ROOT / "models/overview.md"
LINK = re.compile(r"\[([^]]+)\]\(#!/model/model\.retention\.(retention__\w+)\)")


def test_the_overview_leads_to_every_public_relation_and_nowhere_else(demo):
    links = LINK.findall(OVERVIEW.read_text())
    assert {relation for _, relation in links} == set(demo.relations())
    assert {(name.lower().replace(" ", "_"), relation) for name, relation in links} == {
        (relation.removeprefix("retention__"), relation) for _, relation in links
    }


def test_every_public_relation_is_described_in_the_database_for_bi_tools(demo):
    comments = demo.query(
        """
        select table_name, comment from duckdb_tables() where schema_name = 'retention'
        union all
        select view_name, comment from duckdb_views() where schema_name = 'retention'
        """
    )
    assert set(comments["table_name"]) == set(demo.relations())
    assert comments["comment"].str.len().min() > 30


def sql_blocks(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize(
    "sql", [*sql_blocks("models/overview.md"), *sql_blocks("README.md")], ids=lambda sql: sql[:60]
)
def test_every_query_of_the_documentation_finds_something(demo, sql):
    assert len(demo.query(sql)) > 0


def test_the_sample_query_of_data_quality_finds_nothing_missing(demo):
    missing = demo.query(sql_blocks("models/overview.md")[-1])["missing_rows"]
    assert missing.eq(0).all()


def test_the_glossary_has_every_metric_in_both_languages(demo):
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in DESCRIPTIONS.read_text(encoding="utf-8").splitlines()
    ]
    for metric in demo.frame("retention__metric_definitions").itertuples():
        assert (
            metric.label_en,
            metric.label_de,
            metric.formula,
            metric.description,
            metric.source_article,
        ) in rows


def test_exposures_name_what_they_show(demo):
    text = (ROOT / "models/exposures.yml").read_text(encoding="utf-8")
    shown = {
        exposure["name"]: set(re.findall(r"retention__\w+", str(exposure["depends_on"])))
        for exposure in yaml.safe_load(text)["exposures"]
    }
    board = (ROOT / "retention_cli/dashboard/data.py").read_text(encoding="utf-8")
    read = set(re.findall(r"retention__\w+", board)) & set(demo.relations())
    assert shown["dashboard"] == read
    summary = "".join(
        (ROOT / "retention_cli" / name).read_text(encoding="utf-8")
        for name in ("summary.py", "figures.py")
    )
    assert shown["terminal_summary"] == set(re.findall(r"retention__\w+", summary))
    assert shown["quality_report"] == set(demo.relations())


def test_the_docs_page_opens_by_itself_with_its_picture(demo, browser):
    project = Project.in_folder(demo.database.parent)
    project.dbt("docs", "generate", "--static")
    page = project.target / "static_index.html"
    write_docs_page(project.target)
    tab = browser.new_page()
    requests = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(page.as_uri())
    tab.get_by_role("heading", name="Glossary").wait_for()
    width = "document.querySelector('img[alt^=Customers]').naturalWidth"
    assert tab.evaluate(width) > 1000
    flow = "document.querySelector('img[alt^=Files]').naturalWidth"
    assert tab.evaluate(flow) > 1000
    assert tab.get_by_role("link", name="quality report").get_attribute("href") == (
        "data_docs/index.html"
    )
    tab.locator("#search").press_sequentially("churn")
    found = tab.locator(".search-result h4")
    found.first.filter(has_text="retention__churn_rate").click()
    example = tab.locator("table", has_text="would be lost on")
    assert "Ann" in example.inner_text()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    tab.close()


def test_the_worked_example_of_churn_is_what_the_mart_computes(built_project):
    people = EXAMPLE["churn_example"]
    days = [(one["name"], day) for one in people for day in one["orders"]["en"].split(", ")]
    orders = orders_of(
        *(
            (name, f"{pd.Timestamp(day.partition(' (')[0] + ' 2026'):%Y-%m-%d}")
            for name, day in days
        )
    )
    build = built_project(
        "--select",
        "+retention__churn_rate",
        command="run",
        raw_orders=orders,
        as_of_date="2026-06-01",
    )
    may = row_of(build.frame("retention__churn_rate"), "month", "2026-05-01")
    assert (may["opening_customers"], may["lost_customers"]) == (5, 2)
    assert may["churn_rate"] == pytest.approx(0.4)
    for word in EXAMPLE["words"]["churn_result"].values():
        assert "2 / 5 = 40" in word


def test_the_worked_example_of_churn_is_the_same_on_the_page_and_in_the_documentation():
    text = (ROOT / "models/marts/periods/retention__churn_rate.yml").read_text(encoding="utf-8")
    for one in EXAMPLE["churn_example"]:
        cells = [one["name"], *(one[part]["en"] for part in ("orders", "lapses", "verdict"))]
        assert f"| {' | '.join(cells)} |" in text


def test_ten_questions_are_answered_where_the_documentation_says(opened, data):
    """Each of them on the page of the demo, with the numbers that the documentation gives."""
    text = (ROOT / "docs/dashboard.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.partition("## Ten questions")[2].splitlines()
        if re.match(r"\| \d", line)
    ]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 11)]
    cards = {
        (section, title): content
        for section, title, content in opened(data["path"], lang="en").evaluate(CARDS)
    }
    for _, question, place, answer in rows:
        card = cards[tuple(place.split(" > "))].replace("\xa0", " ")
        missing = [part for part in re.findall(r"\*\*(.+?)\*\*", answer) if part not in card]
        assert missing == [], (question, card)


def test_the_pictures_are_those_of_today(opened, data):
    """Where this fails: `.venv/bin/python -m tools.pictures`, and look at what it wrote."""
    pictures = ROOT / "docs/pictures"
    assert (pictures / "data_flow.svg").read_text(encoding="utf-8") == data_flow()
    tab = opened(data["path"], width=SIZE["width"], lang="en")
    assert text_of((pictures / "dashboard.png").read_bytes()) == first_screen(tab)
