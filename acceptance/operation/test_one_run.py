"""One run at a time on PostgreSQL: the second is refused, and one that was overtaken stops."""

import pytest

from acceptance.support.engines import PostgresDatabase, execute
from acceptance.support.shops import orders_of
from retention_cli.project import DbtFailedError
from retention_cli.publication import NotPublishedError, alone_on_server, publish

pytestmark = pytest.mark.everything
MODEL = "stg_retention__costs"
TABLE = "retention_intermediate.int_retention__current_run"
LOCK = "hashtextextended('retention run ' || 'retention', 0)"


@pytest.fixture
def database(postgres_server, tmp_path):
    database = PostgresDatabase(tmp_path, postgres_server)
    database.load("orders", orders_of(("ann", "2024-01-01")))
    run(database)
    return database


def run(database: PostgresDatabase) -> None:
    database.dbt("run", "--select", MODEL, raw_orders="raw.orders")


def test_a_second_run_is_refused_while_a_model_of_another_is_at_work(database):
    with database.connection() as other:
        execute(other, f"update {TABLE} set run_id = 'run-7', is_done = false")
        other.commit()
        execute(other, f"select pg_advisory_xact_lock_shared({LOCK})")
        with pytest.raises(
            DbtFailedError, match=r"run run-7 has been building here since 20.* UTC"
        ):
            run(database)
        other.rollback()
        run(database)  # the other one was killed: it is at work no longer


def test_a_run_that_another_has_overtaken_stops_at_its_next_model(database):
    with database.connection() as other:
        execute(
            other,
            f"""
            create function overtake() returns trigger language plpgsql as
            $$ begin new.run_id := 'run-8'; return new; end $$;
            create trigger overtake before insert on {TABLE}
            for each row execute function overtake()
            """,
        )
        other.commit()
    with pytest.raises(DbtFailedError, match="another run has begun to build here since"):
        run(database)


def test_a_second_publication_to_a_server_is_refused_with_who_publishes(database, tmp_path):
    with database.active():
        folder = tmp_path / "published"
        database.project.dbt("parse", "--target", "postgres")
        with (
            alone_on_server(database.project.root, "postgres", "retention"),
            pytest.raises(
                NotPublishedError,
                match=r"retention publish [0-9a-f-]{36} has been publishing here since 20.* UTC",
            ),
        ):
            publish(folder, variables={"raw_orders": "raw.orders"}, target="postgres")
