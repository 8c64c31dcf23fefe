"""Any sequence of dbt commands leaves the marts of a plain full run, or fails: never less.

For longer runs, `RETENTION_COMMAND_SEQUENCES` sets how many random sequences are tried.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as effort
from hypothesis import strategies as st

from acceptance.support.builds import copy_of_project
from acceptance.support.shops import orders_of
from retention_cli.project import DATABASE_VARIABLE, DbtFailedError, Marts, Project

SEQUENCES = int(os.environ.get("RETENTION_COMMAND_SEQUENCES", "100"))
# Sequences build what leads to these alone: half of the models, with everything that a command
# could get wrong and without the fits, which take the longest.
RESULTS = ("retention__churn_rate", "retention__cohorts", "retention__data_quality")
SWITCH = "RETENTION_TEST_SWITCH"
NO_LOG = ("--log-level-file", "none")  # of every event, which takes a fifth of the time

# Fails the build right after the orders while the switch is on, whatever is in them.
FAILING_TEST = """
select 1 as failed
from {{ ref("int_retention__orders") }}
where {{ "true" if env_var("RETENTION_TEST_SWITCH", "off") == "on" else "false" }}
"""

SETTINGS = {
    "ninety": {"activity_window_days": 90},
    "thirty": {"activity_window_days": 30, "customer_identity": "email"},
}
MODELS = [
    "stg_retention__orders",
    "int_retention__repeated_order_ids",
    "int_retention__customer_identities",
    "int_retention__orders",
    "int_retention__refund_records",
    "int_retention__customer_totals",
    "int_retention__cohort_customers",
    "int_retention__cohort_periods",
    "retention__period_snapshots",
    "retention__churn_rate",
    "retention__customers",
    "retention__data_quality",
]
# Written on purpose by runs, or about runs.
NOT_COMPARED = {"retention__restatements", "retention__publication", "retention__clv_model"}


@dataclass(frozen=True)
class Command:
    """A dbt command under one of the settings; `fails` turns the failing test on."""

    words: tuple[str, ...]
    settings: str = "ninety"
    fails: bool = False


def shop() -> dict[str, pd.DataFrame]:
    """Seven customers over a year, with a guest, a refund, a repeated id and a rejected order."""
    days = [
        *[("anna", f"2025-0{month}-10") for month in range(1, 8)],
        *[("ben", "2025-01-15"), ("ben", "2025-03-20"), ("cleo", "2025-02-01")],
        *[("dora", "2025-04-04"), ("dora", "2025-11-11"), (None, "2025-05-05")],
        *[("emil", "2025-06-06"), ("fred", "2025-07-07"), ("gina", "2025-12-01")],
    ]
    orders = orders_of(*days)
    orders["email"] = [f"{name}@example.com" if name else None for name, _ in days]
    orders.loc[len(orders)] = ["1", "anna", "2025-01-10", "11.00", "anna@example.com"]
    orders.loc[len(orders)] = ["x", "anna", "soon", "11.00", "anna@example.com"]
    refunds = pd.DataFrame(
        [("r1", "2", "2025-03-01", "4.00")],
        columns=["refund_id", "order_id", "refunded_at", "amount"],
    )
    return {"orders": orders, "refunds": refunds}


class Workbench:
    """A copy of the project with a failing test in it, one shop, and what full runs make of it."""

    def __init__(self, folder: Path) -> None:
        self.root = copy_of_project(folder)
        (self.root / "tests" / "identities" / "fails_while_the_switch_is_on.sql").write_text(
            FAILING_TEST
        )
        self.inputs = {}
        for name, frame in shop().items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
            self.inputs[f"raw_{name}"] = str(folder / f"{name}.parquet")
        # What dbt reads of the project is the same for every command under the same settings.
        self.manifests: dict[str, object] = {}
        self.templates: dict[str, Path] = {}
        self.full: dict[str, dict[str, list]] = {}
        for name in SETTINGS:
            place = folder / name
            place.mkdir()
            project = Project.in_folder(place, self.root)
            variables = self.variables(name)
            self.manifests[name] = project.dbt("parse", variables=variables)
            project.dbt("run", *NO_LOG, variables=variables, manifest=self.manifests[name])
            self.templates[name] = place
            self.full[name] = contents(project.marts)
        self.left_out = self.models_beside_the_results()

    def variables(self, settings: str) -> dict[str, object]:
        """The inputs and the settings as vars."""
        return self.inputs | SETTINGS[settings]

    def models_beside_the_results(self) -> list[str]:
        """Return the names of the models that lead to none of the results."""
        nodes = self.manifests["ninety"].nodes
        models = {name for name, node in nodes.items() if node.resource_type == "model"}
        needed = {f"model.retention.{name}" for name in RESULTS}
        while (
            new := {p for name in needed for p in nodes[name].depends_on.nodes if p in models}
            - needed
        ):
            needed |= new
        return sorted(nodes[name].name for name in models - needed)

    def run(self, project: Project, command: Command, whole: bool = False) -> list[str] | None:
        """Run a command; returns the public relations it built, None where it failed."""
        os.environ[SWITCH] = "on" if command.fails else "off"
        words = list(command.words)
        # What is retried has the settings and the models of the command before.
        variables, manifest = {}, None
        if words[0] != "retry":
            variables = self.variables(command.settings)
            manifest = self.manifests[command.settings]
            words += [] if whole else ["--exclude", *self.left_out]
        try:
            result = project.dbt(*words, *NO_LOG, variables=variables, manifest=manifest)
        except DbtFailedError:
            return None
        finally:
            os.environ[SWITCH] = "off"
        return [
            node.node.name
            for node in getattr(result, "results", [])
            if node.node.name.startswith("retention__") and node.node.resource_type == "model"
        ]


def contents(marts: Marts) -> dict[str, list]:
    """All rows of every public relation that is compared, in an order of their own."""
    found = {}
    with marts.connection() as connection:
        names = connection.sql(
            "select table_name from information_schema.tables where table_schema = 'retention'"
        ).fetchall()
        for (name,) in names:
            if name not in NOT_COMPARED:
                rows = connection.sql(f'from "{name}"').fetchall()
                found[name] = sorted(map(repr, rows))
    return found


@pytest.fixture(scope="module")
def workbench(tmp_path_factory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("workbench"))


def check_sequence(workbench: Workbench, folder: Path, start: str, commands: list[Command]) -> None:
    """Run the commands one after the other; what a green one built is what a full run builds."""
    if start == "nothing":
        folder.mkdir()
    else:
        shutil.copytree(workbench.templates[start], folder)
    project = Project.in_folder(folder, workbench.root)
    settings = start
    for command in commands:
        if command.words[0] != "retry":
            settings = command.settings
        built = workbench.run(project, command)
        if not built:
            continue
        expected = workbench.full[settings]
        if "--empty" in command.words:
            assert start == "nothing", "rows were replaced by none"
            continue
        found = contents(project.marts)
        for name in set(built) - NOT_COMPARED:
            assert found[name] == expected[name], (start, commands, command, name)


def commands() -> st.SearchStrategy[Command]:
    """Full runs, parts of them and retries, under either of the settings; some fail half-way."""
    whole = st.sampled_from([("run",), ("build",), ("run", "--full-refresh"), ("run", "--empty")])
    selection = st.builds(
        lambda before, model, after: ("run", "--select", f"{before}{model}{after}"),
        st.sampled_from(["", "+"]),
        st.sampled_from(MODELS),
        st.sampled_from(["", "+"]),
    )
    words = st.one_of(whole, selection, selection, selection, st.just(("retry",)))
    settings = st.sampled_from(["ninety", "ninety", "thirty"])
    return st.builds(Command, words, settings, st.booleans())


@pytest.mark.everything
@pytest.mark.parametrize("half", [0, 1])
def test_random_sequences_of_commands(workbench, tmp_path_factory, half):
    """Two tests, as two processes share them."""

    @seed(half)
    @effort(
        max_examples=SEQUENCES // 2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        start=st.sampled_from(["ninety", "ninety", "thirty", "nothing"]),
        drawn=st.lists(commands(), min_size=2, max_size=3),
    )
    def any_sequence(start, drawn):
        folder = tmp_path_factory.mktemp("sequence") / "place"
        check_sequence(workbench, folder, start, drawn)
        shutil.rmtree(folder)

    any_sequence()


FAILED_BUILD = Command(("build",), fails=True)
KNOWN = {
    "retry after a failed test": ("nothing", [FAILED_BUILD, Command(("retry",))]),
    "what comes before, then what comes after": (
        "nothing",
        [
            Command(("run", "--select", "+int_retention__customer_totals")),
            Command(("run", "--select", "int_retention__customer_totals+")),
            Command(("run",)),
        ],
    ),
    "one model again": (
        "ninety",
        [
            Command(("run", "--select", "int_retention__cohort_periods+")),
            Command(("run", "--select", "int_retention__cohort_customers")),
            Command(("run",)),
        ],
    ),
    "a part under other settings": (
        "ninety",
        [Command(("run", "--select", "retention__customers"), settings="thirty")],
    ),
    "two full runs under other settings": (
        "ninety",
        [Command(("run",), settings="thirty"), Command(("run",))],
    ),
    "a failed build under other settings, then a part": (
        "ninety",
        [
            Command(("build",), settings="thirty", fails=True),
            Command(("run", "--select", "retention__churn_rate"), settings="thirty"),
            Command(("run", "--select", "retention__churn_rate")),
        ],
    ),
    "no rows on purpose": ("ninety", [Command(("run", "--empty"))]),
}


@pytest.mark.everything
@pytest.mark.parametrize("name", KNOWN)
def test_known_sequences_of_commands(workbench, tmp_path, name):
    start, sequence = KNOWN[name]
    check_sequence(workbench, tmp_path / "place", start, sequence)


def test_a_retry_goes_on_to_all_marts(workbench, tmp_path):
    project = Project.in_folder(tmp_path, workbench.root)
    assert workbench.run(project, FAILED_BUILD, whole=True) is None
    assert workbench.run(project, Command(("retry",)))
    assert contents(project.marts) == workbench.full["ninety"]


def test_a_part_under_other_settings_is_refused_with_the_reason(workbench, tmp_path):
    shutil.copytree(workbench.templates["ninety"], tmp_path / "place")
    project = Project.in_folder(tmp_path / "place", workbench.root)
    with pytest.raises(DbtFailedError, match="built under other settings; run without --select"):
        project.dbt(
            *("run", "--select", "retention__customers"),
            variables=workbench.variables("thirty"),
            manifest=workbench.manifests["thirty"],
        )


def test_a_part_is_refused_where_what_it_reads_is_older_than_its_own_inputs(workbench, tmp_path):
    shutil.copytree(workbench.templates["ninety"], tmp_path / "place")
    project = Project.in_folder(tmp_path / "place", workbench.root)
    run = partial(
        project.dbt,
        *("run", *NO_LOG, "--select"),
        variables=workbench.variables("ninety"),
        manifest=workbench.manifests["ninety"],
    )
    run("int_retention__orders")
    with pytest.raises(DbtFailedError, match="which is older than int_retention__orders"):
        run("retention__churn_rate")


@pytest.mark.everything
@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_a_killed_run_is_followed_by_a_full_one(workbench, tmp_path, seconds):
    """The marts of a killed run are not built on; the next full run is one like any other."""
    shutil.copytree(workbench.templates["thirty"], tmp_path / "place")
    project = Project.in_folder(tmp_path / "place", workbench.root)
    dbt = Path(sys.executable).with_name("dbt")
    variables = pd.Series(workbench.variables("ninety")).to_json()
    places = ["--project-dir", workbench.root, "--profiles-dir", workbench.root]
    places += ["--target-path", project.target, "--log-path", project.logs]
    process = subprocess.Popen(
        [dbt, "run", "--vars", variables, *places],
        env=os.environ | {DATABASE_VARIABLE: str(project.database)},
        stdout=subprocess.PIPE,
        text=True,
        cwd=workbench.root,
    )
    for line in process.stdout:
        if " of " in line and "model" in line:
            break
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    part = Command(("run", "--select", "retention__churn_rate"))
    assert workbench.run(project, part) is None
    assert workbench.run(project, Command(("run",)), whole=True)
    assert contents(project.marts) == workbench.full["ninety"]
