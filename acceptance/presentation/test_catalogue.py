"""The catalogue is the one definition of a metric: what follows from it is what is committed."""

import re

import pytest
import yaml

from acceptance.oracle.metrics import METRICS
from retention_cli.figures import FIGURES, FURTHER_FIGURES
from retention_cli.project import ROOT
from tools.catalogue import articles, catalogue, written

CATALOGUE = catalogue()
COLUMNS = [metric.metric for metric in CATALOGUE] + [
    f"{metric.metric}_{bound}"
    for metric in CATALOGUE
    if metric.is_proportion
    for bound in ("low", "high")
]


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_committed_is_what_the_catalogue_writes(path):
    assert path.read_text(encoding="utf-8") == written()[path], (
        "run `python -m tools.catalogue write`"
    )


def described_columns():
    """Name and description of every column of the marts, by mart."""
    for path in sorted((ROOT / "models/marts").rglob("retention__*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            yield (
                model["name"],
                {column["name"]: column["description"] for column in model["columns"]},
            )


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.metric)
def test_a_metric_is_a_column_of_its_mart_described_by_the_catalogue(metric):
    columns = dict(described_columns())[metric.relation]
    names = [metric.metric]
    if metric.is_proportion:
        names += [f"{metric.metric}_low", f"{metric.metric}_high"]
    for name in names:
        assert columns[name] == f"{{{{ doc('{name}') }}}}"


def test_the_recomputation_has_formulas_of_its_own_for_every_metric():
    assert list(METRICS) == [metric.metric for metric in CATALOGUE]
    for metric in CATALOGUE:
        mart, numerator, denominator = METRICS[metric.metric]
        assert f"retention__{mart}" == metric.relation
        assert (numerator, denominator) == (metric.numerator, metric.denominator)


def test_every_metric_is_named_explained_and_in_both_languages():
    names = [metric.metric for metric in CATALOGUE]
    assert len(names) == len(set(names))
    for metric in CATALOGUE:
        assert metric.label_en and metric.label_de and metric.unit
        assert re.fullmatch(r"[A-Z].+\.", metric.description), metric.metric


def test_articles_have_a_title_and_are_cited_by_it():
    cited = {name for metric in CATALOGUE for name in metric.source_articles}
    assert cited == set(articles())
    assert all(article["title"] for article in articles().values())
    churn = next(metric for metric in CATALOGUE if metric.metric == "churn_rate")
    assert churn.citation == (
        '"Was ist Kundenbindung? Bedeutung, Metriken und Strategien" (NotifyVisitors, 2022); '
        '"11 zeitlose Strategien für die Kundenbindung" (2022)'
    )


def test_the_formula_clv_says_that_it_moves_with_the_grain_and_is_no_headline():
    clv = next(metric for metric in CATALOGUE if metric.metric == "formula_clv")
    assert "within one grain" in clv.description
    headlines = {figure.column for figure in FIGURES + FURTHER_FIGURES}
    assert "formula_clv" not in headlines
