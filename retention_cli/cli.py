"""The project's commands."""

import csv
import json
import shlex
import sys
import webbrowser
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import duckdb
import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from retention_cli.ingest.door import Door, bring_in, parse_settings, render
from retention_cli.ingest.privacy import harmless
from retention_cli.project import DATABASE, ROOT, Project, owner_only, typed_in
from retention_cli.publication import publish as publish_in
from retention_cli.publication import verify as verify_in
from retention_cli.summary import summarise

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

app = typer.Typer(
    help="Retention metrics from raw orders.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# dbt's page orders what it finds by weights that it never computes, so the last comes first.
DOCS_ORDER = r"orderBy:\'overallWeight\':true"
NAMES_FIRST = (
    r"orderBy:[\'matches[0].key != &quot;name&quot;\',"
    r" \'model.resource_type != &quot;model&quot;\']"
)
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
# The tests of a module share what they build, and each process takes some GB.
IN_PARALLEL = ["--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
IN_PARALLEL += ["--no-loadscope-reorder"]
SLOWEST = ["--durations", "10"]
ANY_WIDTH = 2**31 - 1  # the widest that DuckDB can show
console = Console()


def say(text: str, style: str | None = None) -> None:
    """Print a text as it is, with lines that wrap where the terminal ends."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@app.command()
def demo() -> None:
    """Build the bundled demo shop into the database, run all its tests, show the summary."""
    build_in_place()


@app.command(context_settings=PASS_ON)
def test(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--everything", help="other engines, Superset and long runs, too")
    ] = False,
) -> None:
    """Run the tests that guard the project on DuckDB; further arguments go to pytest.

    Without further arguments, or with --everything, they run on all cores.
    """
    import pytest  # noqa: PLC0415 (the other commands start without it)

    arguments = ["--everything"] if everything else []
    arguments += IN_PARALLEL if everything or not context.args else []
    sys.exit(pytest.main(["--rootdir", str(ROOT), *SLOWEST, *arguments, *context.args]))


Files = Annotated[list[str], typer.Argument(help="files of orders, globs in quotes, or a shop.yml")]
Lines = Annotated[str | None, typer.Option(help="a file of order lines")]
Customers = Annotated[str | None, typer.Option(help="a file of customers")]
Refunds = Annotated[str | None, typer.Option(help="a file of refunds")]
Costs = Annotated[str | None, typer.Option(help="a file of marketing costs")]
Answers = Annotated[str | None, typer.Option(help="a file of answers to a survey")]
Rates = Annotated[str | None, typer.Option(help="a file of exchange rates")]
Settings = Annotated[str, typer.Option("--vars", help="settings, as dbt takes them")]
Yes = Annotated[bool, typer.Option("--yes", help="take what is likely, ask nothing")]


@app.command()
def inspect(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    files: Files,
    lines: Lines = None,
    customers: Customers = None,
    refunds: Refunds = None,
    costs: Costs = None,
    survey_responses: Answers = None,
    exchange_rates: Rates = None,
    variables: Settings = "{}",
    yes: Yes = False,
) -> None:
    """Say what is in files of orders and how they would be read; writes nothing."""
    others = inputs(lines, customers, refunds, costs, survey_responses, exchange_rates)
    door_of(files, others, variables, yes, look_only=True)


@app.command()
def ingest(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    files: Files,
    lines: Lines = None,
    customers: Customers = None,
    refunds: Refunds = None,
    costs: Costs = None,
    survey_responses: Answers = None,
    exchange_rates: Rates = None,
    variables: Settings = "{}",
    yes: Yes = False,
) -> None:
    """Read files of orders into Parquet and shop.yml, and print the line that builds the marts."""
    others = inputs(lines, customers, refunds, costs, survey_responses, exchange_rates)
    door = door_of(files, others, variables, yes)
    settings = json.dumps(door.settings, ensure_ascii=False, default=str)
    say("\nTo build the marts, in the project's folder:\n")
    say(f".venv/bin/dbt build --vars {shlex.quote(settings)}")


@app.command()
def build(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    files: Files,
    lines: Lines = None,
    customers: Customers = None,
    refunds: Refunds = None,
    costs: Costs = None,
    survey_responses: Answers = None,
    exchange_rates: Rates = None,
    variables: Settings = "{}",
    yes: Yes = False,
) -> None:
    """Read files of orders, whatever they look like, build their marts, show the summary."""
    others = inputs(lines, customers, refunds, costs, survey_responses, exchange_rates)
    build_in_place(door_of(files, others, variables, yes).settings)


def inputs(*files: str | None) -> dict[str, str | None]:
    """Return the files of the inputs beside the orders by the names of the inputs."""
    names = ["order_lines", "customers", "refunds", "costs", "survey_responses", "exchange_rates"]
    return {f"raw_{name}": file for name, file in zip(names, files, strict=True)}


def door_of(
    files: list[str],
    others: dict[str, str | None],
    variables: str,
    yes: bool,
    look_only: bool = False,
) -> Door:
    """Bring files in and say what was decided; exits where no row of them can be used."""
    settings = parse_settings(variables)
    with owner_only():
        door = bring_in(files, others, settings, console, accept=yes, look_only=look_only)
    render(door, console, look_only=look_only)
    if not door.imported.counts["raw_orders"].accepted:
        raise typer.Exit(1)
    return door


def build_in_place(variables: dict[str, object] | None = None) -> None:
    """Build the project with all its tests, and show the summary."""
    project = Project.in_place()
    with building() as follow:
        project.dbt("build", variables=variables, on_event=follow)
    summarise(project.marts, console)


@app.command()
def summary() -> None:
    """Show the headline metrics of what was built last, and where to look next."""
    summarise(Project.in_place().marts, console)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="such as 'from retention__churn_rate'")],
    as_csv: Annotated[bool, typer.Option("--csv", help="all rows as CSV, to > a file")] = False,
) -> None:
    """Show what an SQL query finds in what was built last: 200 rows and all columns."""
    with Project.in_place().marts.connection() as connection:
        try:
            rows = connection.sql(sql)
            if rows is None:
                return  # a statement that finds nothing, such as a setting
            if as_csv:
                write_csv(rows)
            else:
                rows.show(max_rows=200, max_width=ANY_WIDTH)
        except duckdb.Error as error:
            sys.exit("\n".join(harmless(line) for line in str(error).strip().splitlines()))


def write_csv(rows: duckdb.DuckDBPyRelation) -> None:
    """Write rows with their names to standard output as CSV; NULL is empty.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, as on the page.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows.columns)
    while some := rows.fetchmany(10_000):
        writer.writerows([no_formula(value) for value in row] for row in some)


def no_formula(value: object) -> object:
    """Return a value of which a spreadsheet makes no formula; only texts change."""
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if is_formula else value


@app.command()
def check(
    max_age_days: Annotated[
        int | None, typer.Option(help="how old the last order may be; any age by default")
    ] = None,
) -> None:
    """Check what was built last: unlikely values, freshness, and what moved since the last check.

    What was found is what the next check compares with, so a change is reported once.
    """
    # Great Expectations takes seconds to import.
    from retention_cli import expectations  # noqa: PLC0415

    project = Project.in_place()
    data_docs, last = project.target / "data_docs", project.target / "last_check.json"
    newest = None if max_age_days is None else date.today() - timedelta(days=max_age_days)
    with console.status("Checking every table ..."):
        frames = expectations.frames_of(project.marts)
        unmet = expectations.check(frames, data_docs, expectations.read_profile(last), newest)
        expectations.write_profile(expectations.profile(frames), last)
    problems = [f"{relation}: {text}" for relation, texts in unmet.items() for text in texts]
    for problem in problems:
        console.print(problem, soft_wrap=True, markup=False)
    console.print(f"{len(unmet)} tables checked, {len(problems)} expectations not met; details:")
    console.print(data_docs / "index.html", soft_wrap=True)
    if problems:
        raise typer.Exit(1)


@app.command(context_settings=PASS_ON)
def docs(
    context: typer.Context,
    open_page: Annotated[bool, typer.Option("--open", help="show the page in a browser")] = False,
) -> None:
    """Make the page that documents every table and column; further arguments go to dbt."""
    project = Project.in_place()
    with project.marts.connection():
        pass  # the page shows the tables that were built, so there must be some
    with console.status("Making the page ..."):
        project.dbt("docs", "generate", "--static", *context.args)
    page = project.target / "static_index.html"
    write_docs_page(project.target)
    console.print("The documentation is one page that needs no server:", page, soft_wrap=True)
    if open_page:
        webbrowser.open(page.as_uri())


@app.command()
def dashboard(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    shop: Annotated[str, typer.Option(help="name of the shop in the page's header")] = "",
    notes: Annotated[
        Path | None, typer.Option(help="a CSV file of dated notes: date, text")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="the page to write")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="print the page to a PDF, too")] = False,
    live: Annotated[bool, typer.Option("--serve", help="serve the page to this machine")] = False,
    port: Annotated[int, typer.Option(help="where it is served")] = 8050,
    open_page: Annotated[bool, typer.Option("--open", help="show the page in a browser")] = False,
) -> None:
    """Make the dashboard of what was built last: one page that filters and needs no server."""
    from retention_cli import dashboard as board  # noqa: PLC0415 (the other commands start without it)

    project = Project.in_place()
    here = typed_in()
    page = here / output if output else project.target / "dashboard" / "index.html"
    with console.status("Reading the marts ..."):
        dated = board.read_notes(here / notes) if notes else ()
        board.write_page(page, project.marts, shop, dated)
    console.print("The dashboard is one page that needs no server:", page, soft_wrap=True)
    if pdf:
        board.print_page(page, page.with_suffix(".pdf"))
        console.print(page.with_suffix(".pdf"), soft_wrap=True)
    if open_page:
        webbrowser.open(page.as_uri())
    if live:
        console.print(f"http://localhost:{port}/{page.name}")
        board.serve(page.parent, port)


def write_docs_page(target: Path) -> None:
    """Write dbt's documentation as one page that needs no other file, `static_index.html`.

    dbt puts its JSON into the page as it is, so that a column called `</script><script>` would run.
    """
    text = (target / "index.html").read_text(encoding="utf-8")
    for name in ("manifest", "catalog"):
        data = (target / f"{name}.json").read_text(encoding="utf-8").replace("<", "\\u003c")
        text = text.replace(f'"{name.upper()}.JSON INLINE DATA"', data)
    text = text.replace(DOCS_ORDER, NAMES_FIRST)
    for picture in (ROOT / "docs" / "pictures").glob("*.svg"):
        data = b64encode(picture.read_bytes()).decode()
        text = text.replace(f"docs/pictures/{picture.name}", f"data:image/svg+xml;base64,{data}")
    (target / "static_index.html").write_text(text, encoding="utf-8")


@app.command(context_settings=PASS_ON)
def fit_clv(
    context: typer.Context,
    minimum_customers: Annotated[int, typer.Option(help="refuse to fit fewer")] = 500,
    target: Annotated[str | None, typer.Option(help="of profiles.yml, such as postgres")] = None,
) -> None:
    """Fit the customer value models outside the warehouse; further arguments go to dbt.

    For engines that run no Python models: prints the setting clv_parameters for the next build.
    """
    from retention_cli import customer_value, spark  # noqa: PLC0415 (the same)

    if target == "spark":
        fits = spark.fit_clv(minimum_customers, *context.args)
    else:
        options = ["--target", target] if target else []
        project = Project.in_place()
        fits = customer_value.fit_clv(project, minimum_customers, *options, *context.args)
    console.print_json(data={"clv_parameters": fits})


@app.command(context_settings=PASS_ON)
def spark(
    context: typer.Context,
    workers: Annotated[int, typer.Option(help="start a cluster with so many first")] = 0,
) -> None:
    """Run a dbt command on Apache Spark, such as `spark build`; further arguments go to dbt.

    Installs Spark into .venv-spark when it is not there. `spark --workers 2 build` runs it on a
    cluster of this machine, which is started before and stopped after.
    """
    from retention_cli.spark import run_dbt  # noqa: PLC0415 (the same)

    sys.exit(run_dbt(*context.args, workers=workers))


@app.command(context_settings=PASS_ON)
def publish(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="where readers find the marts")] = ROOT / "published",
    variables: Annotated[str, typer.Option("--vars", help="settings, as dbt takes them")] = "{}",
    target: Annotated[str | None, typer.Option(help="of profiles.yml, such as postgres")] = None,
    check_only: Annotated[
        bool, typer.Option("--verify", help="compare what is published with its checksums")
    ] = False,
) -> None:
    """Build and test the marts beside the published ones, then swap them; more arguments go to dbt.

    Readers see the last good build at any time, also while this runs or fails.
    """
    folder = typed_in() / folder
    if check_only:
        differences = verify_in(folder, target)
        for difference in differences:
            say(harmless(difference))
        if differences:
            sys.exit("What is published is not what this project published; publish again")
        console.print("All relations hold what was published.")
        return
    settings = yaml.safe_load(variables)
    if not isinstance(settings, dict):
        sys.exit("--vars: give a dictionary, such as '{raw_orders: path/to/orders.csv}'")
    with building() as follow:
        publication = publish_in(
            folder, *context.args, variables=settings, target=target, on_event=follow
        )
    console.print(f"Published build {publication.build_id}:")
    console.print(f"{publication.tests_passed} tests passed, {publication.tests_warned} warned.")
    for note in publication.notes:
        say(harmless(note), style="yellow")
    if (folder / DATABASE).is_file():
        console.print(folder / DATABASE, soft_wrap=True)
        console.print(folder / "parquet" / "latest", soft_wrap=True)


@contextmanager
def building() -> "Iterator[Callable[[EventMsg], None]]":
    """Show how far a dbt build is; yields what is to be called with dbt's events."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("Reading the project", total=None)

        def follow(event: "EventMsg") -> None:
            match event.info.name:
                case "LogStartLine":
                    description = "Building and testing"
                    progress.update(task, description=description, total=event.data.total)
                case "NodeFinished":
                    progress.advance(task)

        yield follow
