"""Time zones: where DuckDB's own data and those of Python, which dbt checks names against, differ.

Laws change; DuckDB's data come with DuckDB. An hour matters only between 23:00 and 1:00, but then
an order is of another day. docs/engines.md lists the zones that this test finds.
"""

import re
from datetime import UTC, datetime

import duckdb
import pytest
import pytz

from retention_cli.project import ROOT, Project

HOURS_OF_MONTHS = [
    datetime(year, month, 15, 12, tzinfo=UTC)
    for year in range(2000, 2031)
    for month in range(1, 13)
]
# What the governments of these zones have decided since DuckDB's data were made.
DIFFERENT = {
    "Africa/Casablanca": "2026-10",
    "Africa/El_Aaiun": "2026-10",
    "America/Edmonton": "2026-11",
    "America/Havana": "2026-11",
    "America/Inuvik": "2026-11",
    "America/Rainy_River": "2026-11",
    "America/Vancouver": "2026-11",
    "America/Winnipeg": "2026-11",
    "America/Yellowknife": "2026-11",
    "Canada/Central": "2026-11",
    "Canada/Mountain": "2026-11",
    "Canada/Pacific": "2026-11",
    "Cuba": "2026-11",
}


def test_the_zones_that_differ_are_the_ones_that_are_listed():
    found = {}
    with duckdb.connect() as connection:
        connection.execute(
            "create table times as select unnest($times) as utc",
            {"times": [time.replace(tzinfo=None) for time in HOURS_OF_MONTHS]},
        )
        for name in pytz.all_timezones:
            zone = pytz.timezone(name)
            rows = connection.execute(
                "select utc, utc at time zone 'UTC' at time zone $zone from times order by 1",
                {"zone": name},
            ).fetchall()
            differing = [
                utc
                for utc, local in rows
                if local != pytz.utc.localize(utc).astimezone(zone).replace(tzinfo=None)
            ]
            if differing:
                found[name] = f"{differing[0]:%Y-%m}"
    assert found == DIFFERENT


def test_the_zones_that_differ_are_documented():
    text = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    section = text[text.index("## Time zones") :].partition("\n## ")[0]
    assert set(re.findall(r"`([A-Z]\w+(?:/\w+)?)`", section)) == set(DIFFERENT)


@pytest.mark.parametrize(("zone", "warns"), [("America/Vancouver", True), ("Europe/Berlin", False)])
def test_a_run_warns_where_the_rules_of_its_zone_differ(zone, warns, tmp_path):
    said = []
    project = Project.in_folder(tmp_path)
    settings = {"reporting_timezone": zone}
    project.dbt(
        "run-operation",
        "warn_of_time_zone",
        variables=settings,
        on_event=lambda e: said.append(e.info.msg),
    )
    assert any("has older rules of America/Vancouver" in text for text in said) is warns
