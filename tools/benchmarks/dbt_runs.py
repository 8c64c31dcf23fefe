"""The project itself: runs of dbt on generated orders, each in a process of its own."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tools.benchmarks.measure import Usage, measure

ROOT = Path(__file__).resolve().parents[2]
THREADS = 2  # of dbt, as in the project's own profile
NOTHING = "config.meta.nothing_has_this:true"
# The marts of the periods, what they alone are made of, and the movements between periods.
PERIOD_FOLDER, MOVEMENTS = "periods", "retention__customer_movements"


@dataclass(frozen=True)
class Node:
    """What dbt ran: a model, a test ...; `start` and `end` are seconds of the clock."""

    name: str
    kind: str
    folder: str
    seconds: float
    start: float
    end: float


@dataclass(frozen=True)
class DbtRun:
    """A run of dbt: what its process used, and the nodes it ran."""

    usage: Usage
    nodes: list[Node]

    @property
    def models(self) -> list[Node]:
        """The models among the nodes."""
        return [node for node in self.nodes if node.kind == "model"]

    @property
    def period_models(self) -> list[Node]:
        """The models that turn what customers did into figures of periods."""
        return [
            node for node in self.models if node.folder == PERIOD_FOLDER or node.name == MOVEMENTS
        ]


@dataclass(frozen=True)
class BenchmarkedProject:
    """The project on the orders of one folder, with a database that is built anew for each run.

    All runs share what dbt has parsed, the path of the database and the settings, as the runs of a
    user do; otherwise dbt would read the whole project again each time.
    """

    orders: Path
    folder: Path
    memory_limit: str

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / "database" / "warehouse.duckdb"

    def prepare(self) -> None:
        """Let dbt read the project once, which no run is charged for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        output = {
            "type": "duckdb",
            "path": str(self.database),
            "schema": "retention",
            "threads": THREADS,
            "settings": {"memory_limit": self.memory_limit},
        }
        profile = {"retention": {"target": "local", "outputs": {"local": output}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")
        self.run("parse")

    def run(self, *arguments: str, is_demo: bool = False) -> DbtRun:
        """Run a dbt command on an empty database and the orders, or those of the demo shop.

        Raises:
            tools.benchmarks.measure.MeasuredFailedError: the command, a model or a test failed.
        """
        results = self.folder / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        for file in self.database.parent.glob("*"):
            file.unlink()
        options = {
            "project-dir": ROOT,
            "profiles-dir": self.folder,
            "target-path": self.folder / "target",
            "log-path": self.folder / "logs",
            "vars": json.dumps({} if is_demo else {"raw_orders": f"{self.orders}/*.parquet"}),
        }
        dbt = Path(sys.executable).with_name("dbt")
        given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        usage, _ = measure([dbt, *arguments, *given], self.database.parent)
        return DbtRun(usage, read_nodes(self.folder / "target") if results.exists() else [])


def read_nodes(target: Path) -> list[Node]:
    """Return the nodes of the last run that left its results in a target folder."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    known = manifest["nodes"] | manifest["unit_tests"]
    nodes = []
    for result in results:
        kind, _, name = result["unique_id"].split(".")[:3]
        moments = [
            datetime.fromisoformat(step[edge]).timestamp()
            for step in result["timing"]
            for edge in ("started_at", "completed_at")
        ]
        if moments and result["unique_id"] in known:
            folder = Path(known[result["unique_id"]]["original_file_path"]).parent.name
            seconds = result["execution_time"]
            nodes.append(Node(name, kind, folder, seconds, min(moments), max(moments)))
    return nodes


def busy_seconds(nodes: Iterable[Node]) -> float:
    """Return the time in which at least one of the nodes ran; two that overlap count once."""
    total, until = 0.0, float("-inf")
    for start, end in sorted((node.start, node.end) for node in nodes):
        total += max(end - max(start, until), 0.0)
        until = max(until, end)
    return total
