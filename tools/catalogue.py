"""Write what follows from the metric catalogue: semantic layer, glossary, descriptions of columns.

    python -m tools.catalogue write

The catalogue is `macros/metrics/metric_catalogue.sql`, where dbt needs it while it parses; it is
read here by rendering its macros. A test compares the committed files with what this writes.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[1]
MACROS = (
    ROOT / "macros/metrics/metric_catalogue.sql",
    ROOT / "macros/metrics/source_articles.sql",
)
DESCRIPTIONS = ROOT / "models/marts/catalogue/metrics.md"
SEMANTIC_LAYER = ROOT / "models/marts/catalogue/semantic_layer.yml"
# Their metrics are ratios of period snapshots, which MetricFlow sums there.
SNAPSHOT_MARTS = {
    "retention__churn_rate",
    "retention__retention_rate",
    "retention__repeat_rate",
    "retention__purchase_frequency",
    "retention__average_order_value",
}
PERIOD_KEY = "period_grain || cast(period_start as varchar) || segment_dimension"
SEMANTIC_LAYER_HEAD = """\
# Written from macros/metrics/metric_catalogue.sql by `python -m tools.catalogue write`.
#
# The semantic layer is this project's own: in a project that installs it as a package, its metrics
# could collide with metrics of the same name. A measure that counts periods or rows is more than 1
# where a query mixes grains, periods or segment dimensions, which would count people twice.
"""
DESCRIPTIONS_HEAD = """\
{# Written from macros/metrics/metric_catalogue.sql by `python -m tools.catalogue write`. #}
"""
GLOSSARY_HEAD = """\
# Metrics

Each definition as it was published, in English and German. A zero denominator gives NULL. Rates are
fractions: 0.25 is 25 %. The same entries are the rows of
[metric definitions](#!/model/model.retention.retention__metric_definitions).
"""


@dataclass(frozen=True)
class Metric:
    """An entry of the catalogue; its macro says what each field means."""

    metric: str
    relation: str
    label_en: str
    label_de: str
    unit: str
    description: str
    formula: str
    citation: str
    source_articles: tuple[str, ...]
    numerator: str | None = None
    denominator: str | None = None
    is_proportion: bool = False
    is_not_additive: bool = False
    has_unknowns: bool = False
    needs_lapses: bool = False
    needs_complete_period: bool = False
    needs_positive_denominator: bool = False
    is_measured_to_date: bool = False
    rows: dict[str, str] = field(default_factory=dict)
    input: str | None = None

    @property
    def semantic_model(self) -> str:
        """The semantic model that has its quantities: a relation without its prefix."""
        relation = "period_snapshots" if self.relation in SNAPSHOT_MARTS else self.relation
        return relation.removeprefix("retention__")

    @property
    def counter(self) -> str:
        """The measure that tells whether a query keeps to one period, or to one row."""
        return f"{self.semantic_model}_{'rows' if self.is_not_additive else 'periods'}"

    @property
    def measures(self) -> dict[str, str]:
        """The measures that MetricFlow divides, numerator first: SQL expressions by name.

        A sum of a column is shared by metrics; a metric whose quantities may be NULL, or have no
        sum, has measures of its own.
        """
        if self.numerator is None or self.denominator is None:
            return {f"{self.metric}_value": self.metric}
        quantities = {"numerator": self.numerator, "denominator": self.denominator}
        measures = {}
        for role, expression in quantities.items():
            if self.has_unknowns:
                other = quantities["denominator" if role == "numerator" else "numerator"]
                guarded = f"case when {other} is not null then {expression} end"
                measures[f"{self.metric}_{role}"] = guarded
            elif expression.isidentifier() and not self.is_not_additive:
                measures[expression] = expression
            else:
                measures[f"{self.metric}_{role}"] = expression
        return measures

    @property
    def column_description(self) -> str:
        """The description of its column: meaning, formula, unit, German term, cases of NULL."""
        parts = [self.description]
        if self.numerator:
            parts.append(f"`{self.formula}`, in {self.unit} (German: {self.label_de}).")
        else:
            parts.append(f"In {self.unit} (German: {self.label_de}).")
        unless = []
        if self.needs_lapses:
            unless.append("in warm-up periods")
        if self.needs_complete_period:
            unless.append("in the running period")
        if self.denominator:
            value = "0 or negative" if self.needs_positive_denominator else "0"
            unless.append(f"where `{self.denominator}` is {value}")
        if unless:
            parts.append(f"NULL {' and '.join(unless)}.")
        return " ".join(parts)


class _ReturnedError(Exception):
    """What a macro returns, as dbt's `return` passes it: past the text that it renders."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Macros:
    """The macros of the catalogue, called as dbt calls them: `macros.metric_catalogue()`."""

    def __init__(self) -> None:
        environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 (SQL)
        environment.globals |= {"return": self._return, "retention": self}
        text = "\n".join(path.read_text(encoding="utf-8") for path in MACROS)
        self._module = environment.from_string(text).module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        macro = getattr(self._module, name)

        def call(*arguments: Any) -> Any:
            try:
                return macro(*arguments)
            except _ReturnedError as returned:
                return returned.value

        return call

    @staticmethod
    def _return(value: Any) -> None:
        raise _ReturnedError(value)


def catalogue() -> list[Metric]:
    """Return the metrics of the catalogue, in its order.

    Raises:
        TypeError: an entry lacks a field, or has one that `Metric` does not know.
        KeyError: an entry cites an article that `source_articles` does not have.
    """
    macros = _Macros()
    articles = macros.source_articles()
    metrics = []
    for entry in macros.metric_catalogue():
        unknown = sorted(set(entry["source_articles"]) - set(articles))
        if unknown:
            raise KeyError(f"{entry['metric']}: source_articles has no {', '.join(unknown)}")
        derived = {
            "formula": macros.metric_formula(entry),
            "citation": macros.cite_articles(entry["source_articles"]),
            "source_articles": tuple(entry["source_articles"]),
        }
        metrics.append(Metric(**(entry | derived)))
    return metrics


def articles() -> dict[str, dict[str, str]]:
    """Return title, publisher and year of each source article, by its name in the catalogue."""
    return _Macros().source_articles()


# --- Descriptions and glossary -------------------------------------------------------------------


def descriptions(metrics: list[Metric]) -> str:
    """Return the docs blocks of all metric columns, and the page with glossary and articles."""
    blocks = [DESCRIPTIONS_HEAD, _docs_block("__retention__", _glossary(metrics))]
    for metric in metrics:
        blocks.append(_docs_block(metric.metric, metric.column_description))
        if metric.is_proportion:
            for bound, word in (("low", "Lower"), ("high", "Upper")):
                text = f"{word} bound of the 95 % Wilson interval of `{metric.metric}`."
                blocks.append(_docs_block(f"{metric.metric}_{bound}", text))
    return "\n".join(blocks)


def _docs_block(name: str, text: str) -> str:
    separator = "\n\n" if "\n" in text else ""
    return f"{{% docs {name} %}}{separator}{text}{separator}{{% enddocs %}}\n"


def _glossary(metrics: list[Metric]) -> str:
    terms = [
        (metric.label_en, metric.label_de, metric.formula, metric.description, metric.citation)
        for metric in metrics
    ]
    cited = [
        (article["title"], article["publisher"] or "not known", article["year"] or "not known")
        for article in articles().values()
    ]
    columns = ("English", "Deutsch", "Formula", "Meaning", "Published in")
    return "\n".join(
        [
            GLOSSARY_HEAD,
            _table(columns, terms),
            "",
            "# Source articles",
            "",
            _table(("Title", "Publisher", "Year"), cited),
        ]
    )


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


# --- Semantic layer ------------------------------------------------------------------------------


def semantic_layer(metrics: list[Metric]) -> str:
    """Return the YAML of semantic models, metrics and saved queries for MetricFlow."""
    models = list(dict.fromkeys(metric.semantic_model for metric in metrics))
    content = {
        "semantic_models": [
            _semantic_model(name, [metric for metric in metrics if metric.semantic_model == name])
            for name in models
        ],
        "metrics": [_semantic_metric(metric) for metric in metrics],
        "saved_queries": _saved_queries(metrics),
    }
    dumped = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    # A line before each entry, so that people find their way.
    return SEMANTIC_LAYER_HEAD + re.sub(r"^(- |[a-z_]+:$)", r"\n\1", dumped, flags=re.M)


ONLY_HERE = {"enabled": "{{ project_name == 'retention' }}"}


def _semantic_model(name: str, metrics: list[Metric]) -> dict[str, Any]:
    further_key = sorted({column for metric in metrics for column in metric.rows})
    period = f"{PERIOD_KEY} || ':' || segment_value"
    row = "".join([period, *(f" || ':' || {column}" for column in further_key)])
    if name == "period_snapshots":
        entities = [{"name": "period", "type": "primary", "expr": row}]
    else:
        # The foreign key joins period_snapshots, whose dimensions the filters of all metrics name.
        entities = [
            {"name": name, "type": "primary", "expr": row},
            {"name": "period", "type": "foreign", "expr": period},
        ]
    categories = [
        "period_grain",
        "segment_dimension",
        "segment_value",
        "is_complete",
        "is_warm_up",
        *further_key,
    ]
    day = {"name": "period_start", "type": "time", "type_params": {"time_granularity": "day"}}
    measures = {}
    for metric in metrics:
        measures[metric.counter] = (
            {"agg": "count", "expr": "1"}
            if metric.is_not_additive
            else {"agg": "count_distinct", "expr": PERIOD_KEY}
        )
        for measure, expression in metric.measures.items():
            measures[measure] = {
                "agg": "max" if metric.is_not_additive else "sum",
                "expr": f"cast({expression} as double precision)",
            }
    return {
        "name": name,
        "model": f"ref('retention__{name}')",
        "config": ONLY_HERE.copy(),
        "description": (
            f"The quantities of retention__{name}. "
            "Filter on one period_grain and one segment_dimension."
        ),
        "defaults": {"agg_time_dimension": "period_start"},
        "entities": entities,
        "dimensions": [day, *({"name": column, "type": "categorical"} for column in categories)],
        "measures": [
            {"name": measure, **how, "create_metric": True} for measure, how in measures.items()
        ],
    }


def _semantic_metric(metric: Metric) -> dict[str, Any]:
    measures = list(metric.measures)
    conditions = [f"{metric.counter} = 1"]
    if metric.needs_positive_denominator:
        conditions.append(f"{measures[1]} > 0")
    value = f"{measures[0]} / nullif({measures[1]}, 0)" if len(measures) == 2 else measures[0]
    filters = [
        f"{{{{ Dimension('{metric.semantic_model}__{column}') }}}} = '{only}'"
        for column, only in metric.rows.items()
    ]
    entity = "period" if metric.semantic_model == "period_snapshots" else metric.semantic_model
    if metric.needs_lapses:
        filters.append(f"{{{{ Dimension('{entity}__is_warm_up') }}}} = false")
    if metric.needs_complete_period:
        filters.append(f"{{{{ Dimension('{entity}__is_complete') }}}} = true")
    described = {
        "name": metric.metric,
        "label": metric.label_en,
        "description": f"{{{{ doc('{metric.metric}') }}}}",
        "config": ONLY_HERE.copy(),
        "type": "derived",
        "type_params": {
            "expr": f"case when {' and '.join(conditions)} then {value} end",
            "metrics": [*measures, metric.counter],
        },
    }
    return described | ({"filter": " and ".join(filters)} if filters else {})


def _saved_queries(metrics: list[Metric]) -> list[dict[str, Any]]:
    month = "{{ Dimension('period__period_grain') }} = 'month'"
    everybody = "{{ Dimension('period__segment_dimension') }} = 'all'"
    complete = "{{ Dimension('period__is_complete') }} = true"
    by_month = "TimeDimension('metric_time', 'month')"
    by_segment = [
        f"Dimension('period__{column}')" for column in ("segment_dimension", "segment_value")
    ]
    queries = {
        "metrics_by_month": (
            "Every metric of all customers by complete month.",
            [by_month],
            [month, everybody, complete],
        ),
        "metrics_by_month_and_segment": (
            "Every metric by complete month and the values of every segment dimension.",
            [by_month, *by_segment],
            [month, complete],
        ),
    }
    return [
        {
            "name": name,
            "description": description,
            "config": ONLY_HERE.copy(),
            "query_params": {
                "metrics": [metric.metric for metric in metrics],
                "group_by": group_by,
                "where": where,
            },
        }
        for name, (description, group_by, where) in queries.items()
    ]


# --- Command -------------------------------------------------------------------------------------


def written() -> dict[Path, str]:
    """Return the text of each file that follows from the catalogue."""
    metrics = catalogue()
    return {DESCRIPTIONS: descriptions(metrics), SEMANTIC_LAYER: semantic_layer(metrics)}


def main() -> None:
    """Write the files where they differ, and name them."""
    if sys.argv[1:] != ["write"]:
        sys.exit("usage: python -m tools.catalogue write")
    for path, text in written().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
