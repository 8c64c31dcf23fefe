"""The recipe of docs/connect.md for Apache Superset: its commands, then its REST API."""

import os
import re
import secrets
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import requests

from retention_cli.project import DATABASE, ROOT, Marts
from retention_cli.publication import publish

UNTESTED = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
SECTION = re.search(
    r"### Apache Superset.*?(?=\n##)", (ROOT / "docs" / "connect.md").read_text(), flags=re.DOTALL
).group()
COMMANDS, QUERY = (
    re.search(rf"```{kind}\n(.*?)```", SECTION, re.DOTALL)[1] for kind in ("sh", "sql")
)
SCHEMA = "warehouse.retention"
PATIENCE = 120  # seconds for Superset to start on a busy machine

pytestmark = [
    pytest.mark.everything,
    pytest.mark.skipif(
        sys.version_info >= (3, 13), reason="Superset 6.1 needs Python 3.11 or 3.12"
    ),
]


@dataclass(frozen=True)
class Superset:
    """A Superset that is running, seen through its REST API.

    Attributes:
        folder: where the recipe was followed, with `published` in it.
        url: of the server.
        session: logged in.
    """

    folder: Path
    url: str
    session: requests.Session

    @property
    def marts(self) -> Marts:
        """What the database behind it says at this moment."""
        return Marts(self.folder / "published" / DATABASE)

    def get(self, path: str) -> object:
        """Return the result of a request."""
        answer = self.session.get(f"{self.url}/api/v1/{path}")
        assert answer.ok, answer.text
        return answer.json()["result"]

    def post(self, path: str, **content: object) -> requests.Response:
        """Return the answer to a request."""
        return self.session.post(f"{self.url}/api/v1/{path}", json=content)

    @property
    def database(self) -> int:
        """The id of the database that the recipe registers."""
        [database] = self.get("database/")
        assert database["database_name"] == "retention"
        return database["id"]

    def sql(self, query: str) -> requests.Response:
        """Return the answer of the SQL Lab to a query."""
        return self.post("sqllab/execute/", database_id=self.database, sql=query)

    def shown(self, query: str) -> pd.DataFrame:
        """Return the rows that the SQL Lab shows for a query."""
        answer = self.sql(query)
        assert answer.ok, answer.text
        return pd.DataFrame(answer.json()["data"])


@pytest.fixture(scope="module")
def superset(tmp_path_factory) -> Iterator[Superset]:
    """Follow the recipe in a folder with a publication; the environment is made once for all."""
    folder = tmp_path_factory.mktemp("superset")
    publish(folder / "published", *UNTESTED)
    (folder / "docs").symlink_to(ROOT / "docs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    password = secrets.token_urlsafe()
    environment = os.environ | {
        "PYTHON": sys.executable,
        "SUPERSET_ENVIRONMENT": str(ROOT / ".venv-superset"),
        "SUPERSET_PORT": port,
        "FLASK_FAB_CREATE_ADMIN_PASSWORD": password,  # what a person is asked for
    }
    *first, run = [line.partition("#")[0].split() for line in COMMANDS.splitlines()]
    for command in first:
        subprocess.run(command, check=True, cwd=folder, env=environment, stdin=subprocess.DEVNULL)
    server = subprocess.Popen(run, cwd=folder, env=environment)
    try:
        yield Superset(folder, url, logged_in(url, password))
    finally:
        server.terminate()
        server.wait()


def logged_in(url: str, password: str) -> requests.Session:
    """Wait until a Superset answers, and log in through its REST API."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(f"{url}/health", timeout=PATIENCE).raise_for_status()
            break
        except requests.ConnectionError:
            assert time.monotonic() < until, f"Superset did not start within {PATIENCE} seconds"
            time.sleep(0.5)
    session = requests.Session()
    user = {"username": "admin", "password": password, "provider": "db"}
    answer = session.post(f"{url}/api/v1/security/login", json=user)
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    token = session.get(f"{url}/api/v1/security/csrf_token/").json()["result"]
    session.headers.update({"X-CSRFToken": token, "Referer": url})
    return session


def build_shown(superset: Superset) -> str:
    return superset.shown(f"select build_id from {SCHEMA}.retention__publication")["build_id"][0]


def test_a_chart_shows_the_churn_rate_of_the_marts(superset):
    answer = superset.post(
        "dataset/",
        database=superset.database,
        schema=SCHEMA,
        table_name="retention__churn_rate",
    )
    assert answer.ok, answer.text
    only = {"period_grain": "month", "segment_dimension": "all", "is_complete": True}
    chart = {
        "columns": ["period_start", "churn_rate"],
        "filters": [{"col": column, "op": "==", "val": value} for column, value in only.items()],
        "orderby": [["period_start", True]],
    }
    datasource = {"id": answer.json()["id"], "type": "table"}
    answer = superset.post("chart/data", datasource=datasource, queries=[chart])
    assert answer.ok, answer.text
    shown = pd.DataFrame(answer.json()["result"][0]["data"])
    expected = superset.marts.query(
        """
        select period_start, churn_rate from retention__churn_rate
        where period_grain = 'month' and segment_dimension = 'all' and is_complete order by 1
        """
    )
    assert len(shown) > 20
    assert list(pd.to_datetime(shown["period_start"], unit="ms")) == list(expected["period_start"])
    assert list(shown["churn_rate"]) == pytest.approx(list(expected["churn_rate"]), nan_ok=True)


def test_a_table_brings_the_descriptions_of_its_columns(superset):
    answer = superset.post(
        "dataset/", database=superset.database, schema=SCHEMA, table_name="retention__repeat_rate"
    )
    assert answer.ok, answer.text
    columns = superset.get(f"dataset/{answer.json()['id']}")["columns"]
    assert columns
    assert all(column["description"] for column in columns)


def test_sql_lab_runs_the_query_of_the_recipe(superset):
    shown = superset.shown(QUERY)
    expected = superset.marts.query(QUERY)
    assert len(shown) > 20
    assert list(pd.to_datetime(shown.iloc[:, 0])) == list(expected.iloc[:, 0])
    assert list(shown.iloc[:, 1].astype(float)) == pytest.approx(
        list(expected.iloc[:, 1]), nan_ok=True
    )


def test_every_worker_shows_a_new_publication_without_a_restart(superset):
    before = build_shown(superset)
    published = publish(
        superset.folder / "published", *UNTESTED, variables={"activity_window_days": 60}
    )
    assert before != published.build_id
    assert {build_shown(superset) for _ in range(8)} == {published.build_id}
    test_sql_lab_runs_the_query_of_the_recipe(superset)


def test_superset_can_change_nothing_and_reads_no_other_file(superset):
    assert "read_only" in superset.shown("select current_setting('access_mode') as mode")["mode"][0]
    other = superset.folder / "other.csv"
    other.write_text("a\n1\n")
    answer = superset.sql(f"select * from read_csv('{other}')")
    assert not answer.ok
    assert "file system operations are disabled" in answer.text


def test_the_key_is_for_its_owner_only_and_pages_name_no_counting_service(superset):
    key = superset.folder / ".superset" / "secret_key"
    assert len(key.read_text()) >= 42
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    policy = requests.get(f"{superset.url}/login/").headers["Content-Security-Policy"]
    assert "img-src 'self' blob: data:;" in policy
    assert "scarf" not in policy
