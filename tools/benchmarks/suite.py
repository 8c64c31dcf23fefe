"""What is measured at one size: the project and the other ways, beside each other in one run."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from importlib import metadata
from pathlib import Path

from tools.benchmarks.agreement import DisagreementError, check_agreement
from tools.benchmarks.dbt_runs import NOTHING, BenchmarkedProject, busy_seconds
from tools.benchmarks.measure import MeasuredFailedError, measure

PERIOD_MARTS = "+path:models/marts/periods"
MARTS_OF_PANDAS = (PERIOD_MARTS, "+retention__cohorts")
STATISTICS = "+int_retention__purchase_statistics"
# The demo has one size, so it is measured beside the smaller ones only.
DEMO_LIMIT = 1_000_000
# The demo's seeds are loaded as its models are built, which `dbt run` leaves out.
WITHOUT_TESTS = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


class Rival(StrEnum):
    """The ways beside the project, by their modules; the floor is always measured."""

    DENSE = "dense"
    PANDAS = "pandas"
    LIFETIMES = "lifetimes"


# Up to how many orders a way is measured, and why not beyond.
LIMITS = {
    Rival.DENSE: (10_000_000, "a row for each customer and month would be hundreds of millions"),
    Rival.PANDAS: (10_000_000, "every order in memory, several times over, would not fit"),
    Rival.LIFETIMES: (1_000_000, "it is compared at a million orders"),
}


def machine() -> dict[str, object]:
    """Return what the measurements ran on: processor, memory, system and versions."""
    information = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip()
        for line in (information.read_text() if information.exists() else "").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {"Python": platform.python_version()}
        | {name: metadata.version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb", "pandas")},
    }


def cores() -> int:
    """Return on how many cores this process and those it starts may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_cores(number: int) -> None:
    """Keep this process, and those it starts, to so many cores where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:number])


class Suite:
    """The measurements of one size, in a folder of their own.

    `result` is filled while they run, with what JSON can hold: `measurements` by name, each with
    the fields of `tools.benchmarks.measure.Usage`, and `work_seconds` and `work_cpu_seconds`, which
    are without the start of dbt or of Python; `skipped` with the reasons, by name.
    """

    def __init__(self, orders: int, folder: Path, memory_limit: str) -> None:
        """Prepare to measure with a number of orders below a folder."""
        self.orders = orders
        self.folder = folder / str(orders)
        self.memory_limit = memory_limit
        self.project = BenchmarkedProject(
            self.folder / "orders", self.folder / "project", memory_limit
        )
        self.floors: list[dict[str, object]] = []
        self.result: dict[str, object] = {
            "orders": orders,
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine(),
            "memory_limit": memory_limit,
            "measurements": {},
            "skipped": {},
        }

    def steps(
        self, rivals: Collection[Rival], chosen: Collection[str] = ()
    ) -> list[tuple[str, Callable[[], None]]]:
        """Return what is to be done, in order: what it is called, and what does it.

        `chosen` are names of runs of dbt, where not all of them are wanted.
        """
        measured = [rival for rival in rivals if self.orders <= LIMITS[rival][0]]
        self.result["skipped"] |= {
            rival: LIMITS[rival][1] for rival in rivals if rival not in measured
        }
        runs = {"start": ["run", "--select", NOTHING], "periods": ["run", "--select", PERIOD_MARTS]}
        if Rival.PANDAS in measured:
            runs["cohorts"] = ["run", "--select", *MARTS_OF_PANDAS]
        if Rival.LIFETIMES in measured:
            runs["statistics"] = ["run", "--select", STATISTICS]
        runs |= {"build": ["build"], "run": ["run"]}
        demo = {"demo_run": WITHOUT_TESTS, "demo_build": ["build"]}
        if self.orders > DEMO_LIMIT:
            demo = {}
        if chosen:
            for name in [name for name in runs if name not in {"start", "run", *chosen}]:
                del runs[name]
                self.result["skipped"][name] = "it was not asked for"
        return [
            ("orders", self.write_orders),
            ("reading the project", self.project.prepare),
            ("floor", self.floor),
            *((name, partial(self.dbt, name, *arguments)) for name, arguments in runs.items()),
            ("floor", self.floor),
            *((rival, partial(self.rival, rival)) for rival in measured),
            *((name, partial(self.dbt, name, *arguments)) for name, arguments in demo.items()),
            ("floor", self.floor),
            ("clearing up", self.clear_up),
        ]

    def write_orders(self) -> None:
        """Write the orders, unless they are there; in a process, so that this one stays small."""
        path = self.folder / "orders" / "orders.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            command = [sys.executable, "-m", "tools.benchmarks.generator", str(self.orders), path]
            measure(command, self.folder / "generator")
        self.result["input_bytes"] = path.stat().st_size

    def dbt(self, name: str, *arguments: str) -> None:
        """Measure a run of dbt under a name, or keep why it failed."""
        try:
            run = self.project.run(*arguments, is_demo=name.startswith("demo_"))
        except MeasuredFailedError as error:
            self.result["skipped"][name] = failure(error)
            return
        measurements = self.result["measurements"]
        start = measurements.get("start", asdict(run.usage))
        measurements[name] = asdict(run.usage) | {
            "work_seconds": run.usage.wall_seconds - start["wall_seconds"],
            "work_cpu_seconds": run.usage.cpu_seconds - start["cpu_seconds"],
            "model_seconds": busy_seconds(run.models),
            "period_model_seconds": busy_seconds(run.period_models),
            "models": {node.name: node.seconds for node in run.models},
        }

    def floor(self) -> None:
        """Measure the floor once more; what counts is the median by the seconds of work."""
        self.floors.append(self.other_way("floor"))
        ordered = sorted(self.floors, key=lambda entry: entry["work_seconds"])
        self.result["measurements"]["floor"] = ordered[len(ordered) // 2]
        self.result["every_floor_seconds"] = [entry["work_seconds"] for entry in self.floors]

    def rival(self, rival: Rival) -> None:
        """Measure another way, and see that it found what is in the project's database."""
        try:
            entry = self.other_way(rival)
            compared = check_agreement(self.project.database, self.results_of(rival))
        except (MeasuredFailedError, DisagreementError) as error:
            self.result["skipped"][rival] = failure(error)
        else:
            self.result["measurements"][rival] = entry | {"equal_relations": compared}

    def other_way(self, module: str) -> dict[str, object]:
        """Measure a module of `tools.benchmarks.rivals`."""
        results = self.results_of(module)
        shutil.rmtree(results, ignore_errors=True)
        orders = f"{self.folder}/orders/*.parquet"
        command = [sys.executable, "-m", "tools.benchmarks.rivals", module, orders, results]
        usage, said = measure([*command, "--memory-limit", self.memory_limit], results)
        return asdict(usage) | json.loads(said.splitlines()[-1])

    def results_of(self, module: str) -> Path:
        """The folder of what a way finds."""
        return self.folder / "ways" / module

    def clear_up(self) -> None:
        """Leave nothing but the orders."""
        for made in ("project", "ways", "generator"):
            shutil.rmtree(self.folder / made, ignore_errors=True)


def failure(error: Exception) -> str:
    """Return the line of a failed process that says why, shortly."""
    lines = str(error).splitlines()
    reasons = [line.strip() for line in lines if "Error" in line] or lines[-1:]
    return f"failed: {reasons[0][:200]}"
