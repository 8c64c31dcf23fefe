"""An export that was cut off: a build warns of it, a publication stops, until it is accepted."""

import pandas as pd
import pytest

from acceptance.support.builds import build
from acceptance.support.shops import orders_of
from retention_cli.publication import NotPublishedError, publish

NAME = "inputs_hold_no_less_than_at_the_last_build"
COMPARED = ("--select", f"+{NAME}", "--indirect-selection", "cautious")
DAYS = pd.date_range("2024-01-01", periods=40).strftime("%Y-%m-%d")
WHOLE = orders_of(*((f"c{number % 7}", day) for number, day in enumerate(DAYS)))
ACCEPT = {"accept_smaller_inputs": True}


def warned(folder, orders, **settings) -> bool:
    results = build(folder, *COMPARED, raw_orders=orders, **settings).results
    [result] = [one for one in results if one.node.name == NAME]
    assert result.status in {"pass", "warn"}
    return result.status == "warn"


def test_a_build_warns_of_less_until_it_is_accepted(tmp_path):
    assert not warned(tmp_path, WHOLE)
    assert not warned(tmp_path, WHOLE[2:])  # a twentieth less
    assert warned(tmp_path, WHOLE[:30])
    assert warned(tmp_path, WHOLE[:30])
    assert not warned(tmp_path, WHOLE[:30], **ACCEPT)
    assert not warned(tmp_path, WHOLE[:30])


@pytest.mark.everything
@pytest.mark.parametrize("fault", ["money", "days from first to last", "rejected rows"])
def test_a_build_warns_of(fault, tmp_path):
    changed = WHOLE.copy()
    match fault:
        case "money":
            changed["gross_amount"] = "8.00"
        case "rejected rows":
            changed.loc[:2, "gross_amount"] = "ten"
            changed.loc[3:, "gross_amount"] = "11.00"
        case _:
            changed["ordered_at"] = changed["ordered_at"].where(changed.index < 30, DAYS[29])
    assert not warned(tmp_path, WHOLE)
    assert warned(tmp_path, changed)


@pytest.mark.everything
def test_a_publication_stops_and_says_what_is_less(tmp_path):
    folder, file = tmp_path / "published", tmp_path / "orders.parquet"

    def put(orders: pd.DataFrame, **settings: object) -> str:
        orders.to_parquet(file, index=False)
        return publish(folder, *COMPARED, variables={"raw_orders": file, **settings}).build_id

    first = put(WHOLE)
    with pytest.raises(NotPublishedError) as refusal:
        put(WHOLE[:20])
    assert "raw_orders: rows were 40, now 20" in str(refusal.value)
    assert "accept it once with --vars '{accept_smaller_inputs: true}'" in str(refusal.value)
    assert (folder / "latest").readlink().name == first
    assert put(WHOLE[:20], **ACCEPT) == (folder / "latest").readlink().name
    put(WHOLE[:20])
