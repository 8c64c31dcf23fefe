"""What was measured, as tables, a picture and a page of the documentation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.benchmarks.generator import DAYS

Result = dict[str, object]  # `tools.benchmarks.suite.Suite.result`
Results = dict[int, Result]  # by number of orders

LABELS = {
    "floor": "floor: one aggregation by customer",
    "periods": "period marts and all they need",
    "dense": "a row for each customer and month",
    "cohorts": "period marts, cohorts and all they need",
    "pandas": "pandas, the same marts",
    "statistics": "purchase statistics and all they need",
    "lifetimes": "lifetimes, the same summary",
    "run": "whole project, `dbt run`",
    "build": "whole project with tests, `dbt build`",
    "demo_run": "the demo shop, `dbt build` without tests",
    "demo_build": "the demo shop with tests, `dbt build`",
    "start": "dbt's start, nothing selected",
}
COLUMNS = ("what", "wall s", "work s", "x floor", "CPU s", "x floor", "memory", "disk", "peak disk")
SLOWEST = 25
PLOTTED = ("floor", "periods", "run", "build", "dense", "pandas", "lifetimes")
COLOURS = ("#555555", "#0072b2", "#56b4e9", "#009e73", "#d55e00", "#e69f00", "#cc79a7")


@dataclass(frozen=True)
class Target:
    """What a figure should be: `at_most` or at least `limit`, a number of `unit`."""

    text: str
    limit: float
    value: Callable[[Results], float | None]
    unit: str = " x"
    at_most: bool = True

    def row(self, results: Results) -> list[str]:
        """Return the target as texts: what, limit, measured, whether it is reached."""
        value = self.value(results)
        bound = f"{'<=' if self.at_most else '>='} {self.limit:g}{self.unit}"
        if value is None:
            return [self.text, bound, "not measured", ""]
        is_reached = value <= self.limit if self.at_most else value >= self.limit
        return [self.text, bound, f"{value:.1f}{self.unit}", "yes" if is_reached else "**no**"]


def figure(results: Results, orders: int, name: str, field: str = "work_seconds") -> float | None:
    """Return a field of a measurement at a size, None where that was not measured."""
    measurement = results.get(orders, {}).get("measurements", {}).get(name)
    return measurement[field] if measurement else None


def quotient(
    over: tuple[int, str],
    under: tuple[int, str],
    field: str = "work_seconds",
    under_field: str | None = None,
) -> Callable[[Results], float | None]:
    """Return the function that divides a field of a measurement (orders, name) by another one's."""

    def divide(results: Results) -> float | None:
        numerator = figure(results, *over, field)
        denominator = figure(results, *under, under_field or field)
        return numerator / denominator if numerator is not None and denominator else None

    return divide


def in_floors(orders: int, name: str) -> Callable[[Results], float | None]:
    """Return the function for the CPU of a run, with dbt's start, in that of the floor's work."""
    return quotient((orders, name), (orders, "floor"), "cpu_seconds", "work_cpu_seconds")


def tests_on_top(results: Results) -> float | None:
    """Return the CPU that the tests add to a run at 10 million orders, in floors."""
    run, build = (in_floors(TEN, name)(results) for name in ("run", "build"))
    return build - run if run is not None and build is not None else None


def memory_limit(results: Results) -> float | None:
    """Return the memory limit of DuckDB with which 100 million orders were run, in GB."""
    finished = figure(results, HUNDRED, "run")
    return float(results[HUNDRED]["memory_limit"].removesuffix("GB")) if finished else None


ONE, TEN, HUNDRED = 1_000_000, 10_000_000, 100_000_000
TARGETS = (
    Target("10M: `dbt run`, in floors of CPU", 30, in_floors(TEN, "run")),
    Target("10M: tests on top, in floors of CPU", 8, tests_on_top),
    Target(
        "10M: faster than a row for each customer and month",
        1.5,
        quotient((TEN, "dense"), (TEN, "periods")),
        at_most=False,
    ),
    Target(
        "10M: faster than pandas",
        1.3,
        quotient((TEN, "pandas"), (TEN, "cohorts")),
        at_most=False,
    ),
    Target(
        "1M to 10M: growth of the CPU of `dbt run`",
        11,
        quotient((TEN, "run"), (ONE, "run"), "cpu_seconds"),
    ),
    Target(
        "10M to 100M: growth of the CPU of `dbt run`",
        11,
        quotient((HUNDRED, "run"), (TEN, "run"), "cpu_seconds"),
    ),
    Target(
        "100M: `dbt run`, in floors of work", 35, quotient((HUNDRED, "run"), (HUNDRED, "floor"))
    ),
    Target("100M: `dbt run` finishes, with a memory limit of", 12, memory_limit, " GB"),
    Target(
        "demo: CPU of `dbt build`, in that without tests",
        1.6,
        quotient((ONE, "demo_build"), (ONE, "demo_run"), "cpu_seconds"),
    ),
)
PAGE = Path(__file__).with_name("page.md")
TARGET_COLUMNS = ("target", "limit", "measured", "reached")


def read_results(path: Path) -> Results:
    """Return what a file of results has, nothing where there is no file."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    return {int(orders): result for orders, result in json.loads(text).items()}


def write_result(path: Path, result: Result) -> None:
    """Put the result of a size into a file of results, in the place of an earlier one."""
    results = read_results(path) | {result["orders"]: result}
    ordered = {str(orders): results[orders] for orders in sorted(results)}
    path.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def rows(result: Result) -> list[list[str]]:
    """Return the table of a size as texts, one row a measurement, in the columns of `COLUMNS`."""
    measurements = result["measurements"]
    floor = measurements["floor"]["work_seconds"]
    floor_cpu = measurements["floor"]["work_cpu_seconds"]
    table = []
    for name, label in LABELS.items():
        if name in measurements:
            used = measurements[name]
            table.append(
                [
                    label,
                    f"{used['wall_seconds']:.1f}",
                    f"{used['work_seconds']:.2f}",
                    f"{used['work_seconds'] / floor:.1f}",
                    f"{used['cpu_seconds']:.1f}",
                    f"{used['cpu_seconds'] / floor_cpu:.1f}",
                    *(
                        f"{used[field] / 1e6:,.0f} MB"
                        for field in ("peak_memory_bytes", "disk_bytes", "peak_disk_bytes")
                    ),
                ]
            )
            if name == "periods":
                own = used["period_model_seconds"]
                table.append(
                    [
                        "of these, the period marts' own models",
                        "",
                        f"{own:.2f}",
                        f"{own / floor:.1f}",
                        *[""] * 5,
                    ]
                )
        elif name in result["skipped"]:
            reason = result["skipped"][name].replace("|", "\\|")
            table.append([f"{label}: not measured, {reason}", *[""] * (len(COLUMNS) - 1)])
    return table


def slowest_models(results: Results) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of the models that take longest at the largest size."""
    sizes = [orders for orders in sorted(results) if "run" in results[orders]["measurements"]]
    if not sizes:
        return [], []
    seconds = {orders: figure(results, orders, "run", "models") for orders in sizes}
    floors = {orders: figure(results, orders, "floor") for orders in sizes}
    names = sorted(seconds[sizes[-1]], key=seconds[sizes[-1]].get, reverse=True)[:SLOWEST]
    header = ["model"]
    for orders in sizes:
        header += [f"{short(orders)}: s", "x floor"]
    table = []
    for name in names:
        row = [f"`{name}`"]
        for orders in sizes:
            spent = seconds[orders].get(name)
            row += ["", ""] if spent is None else [f"{spent:.2f}", f"{spent / floors[orders]:.1f}"]
        table.append(row)
    return header, table


def short(orders: int) -> str:
    """Return a number of orders as people say it, such as 10M."""
    return f"{orders // ONE}M" if orders >= ONE and orders % ONE == 0 else f"{orders:,}"


def markdown(header: Sequence[str], table: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, all but the first column to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *table]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_page(results: Results, page: Path) -> None:
    """Write the page of the results and, in `pictures` beside it, its picture.

    Raises:
        ValueError: there are no results.
    """
    if not results:
        raise ValueError("nothing has been measured yet")
    picture = page.parent / "pictures" / page.with_suffix(".svg").name
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw(results, picture)
    header, models = slowest_models(results)
    text = PAGE.read_text(encoding="utf-8").format(
        picture=picture.name,
        days=DAYS,
        targets=markdown(TARGET_COLUMNS, [target.row(results) for target in TARGETS]),
        machines=markdown(*machines(results)),
        sizes="\n\n".join(
            f"### {orders:,} orders\n\n{markdown(COLUMNS, rows(results[orders]))}"
            for orders in sorted(results)
        ),
        models=markdown(header, models) if header else "Not measured.",
    )
    page.write_text(text, encoding="utf-8")


def machines(results: Results) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of what each size was measured on, and when."""
    header = ["orders", "date", "machine", "memory limit", "versions", "Parquet", "note"]
    table = []
    for orders in sorted(results):
        result = results[orders]
        machine = result["machine"]
        table.append(
            [
                short(orders),
                result["date"],
                f"{machine['processor']}, {machine['cores']} cores, "
                f"{machine['memory_bytes'] / 2**30:.0f} GiB, {machine['system']}",
                result["memory_limit"],
                ", ".join(f"{name} {version}" for name, version in machine["versions"].items()),
                f"{result['input_bytes'] / 1e6:,.0f} MB",
                result["note"],
            ]
        )
    return header, table


def draw(results: Results, picture: Path) -> None:
    """Draw seconds of work by number of orders, both on logarithmic scales, as an SVG file."""
    import altair as alt  # noqa: PLC0415 (large; what is measured starts from a small process)

    points = [
        {"orders": orders, "seconds": seconds, "what": LABELS[name].replace("`", "")}
        for name in PLOTTED
        for orders in sorted(results)
        if (seconds := figure(results, orders, name))
    ]
    names = [LABELS[name].replace("`", "") for name in PLOTTED]
    scale = alt.Scale(domain=names, range=list(COLOURS))
    legend = alt.Legend(labelLimit=300, title=None, symbolType="circle")
    sizes = sorted(results)
    chart = (
        alt.Chart(alt.InlineData(points))
        .mark_line(point={"size": 60, "filled": True})
        .encode(
            x=alt.X(
                "orders:Q",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(format="~s", values=sizes, title="orders"),
            ),
            y=alt.Y(
                "seconds:Q", scale=alt.Scale(type="log"), axis=alt.Axis(title="seconds of work")
            ),
            color=alt.Color("what:N", scale=scale, legend=legend),
        )
        # Room to the right for labels in a wider font than the one they are measured in.
        .properties(width=520, height=380, padding={"left": 5, "top": 5, "right": 60, "bottom": 5})
        .configure_view(stroke=None)
    )
    chart.save(str(picture))
