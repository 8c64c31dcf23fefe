"""The summary of customers by lifetimes, which customer value models are fitted to."""

from glob import glob

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from lifetimes.utils import summary_data_from_transaction_data


def make(connection: duckdb.DuckDBPyConnection, orders: str) -> dict[str, duckdb.DuckDBPyRelation]:
    """Return what `int_retention__purchase_statistics` has, of the observation of all the time.

    Args:
        connection: an empty database.
        orders: the Parquet files, a glob.
    """
    table = pq.read_table(sorted(glob(orders)))
    last_day = pc.max(table["ordered_at"]).as_py().date()
    is_known_purchase = pc.and_(
        pc.not_equal(table["status"], "cancelled"), pc.is_valid(table["customer_id"])
    )
    purchases = table.filter(is_known_purchase)
    net = pc.subtract(purchases["gross_amount"], purchases["discount_amount"])
    frame = pd.DataFrame(
        {
            "customer_id": purchases["customer_id"].to_pandas(),
            "ordered_at": purchases["ordered_at"].to_pandas().dt.normalize(),
            "net_amount": net.cast(pa.float64()).to_pandas(),
        }
    )
    summary = summary_data_from_transaction_data(
        frame,
        "customer_id",
        "ordered_at",
        monetary_value_col="net_amount",
        observation_period_end=last_day,
    )
    statistics = pd.DataFrame(
        {
            "observation": "all",
            "customer_key": summary.index,
            "repeat_purchases": summary["frequency"].to_numpy().astype("int64"),
            "recency_weeks": summary["recency"].to_numpy() / 7,
            "age_weeks": summary["T"].to_numpy() / 7,
            # What lifetimes calls 0, the mean of nothing, is unknown in the project.
            "mean_repeat_purchase_value": summary["monetary_value"]
            .where(summary["frequency"] > 0)
            .to_numpy(),
        }
    )
    return {"int_retention__purchase_statistics": connection.from_df(statistics)}
