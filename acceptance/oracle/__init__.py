"""Independent recomputation of the marts: plain, by definition, from the raw rows of text.

It shares no code and no method with the dbt models. They sequence each customer's purchases and
count runs; this package asks of every customer at every close whether the definition holds.
"""

from acceptance.oracle.recompute import recompute
from acceptance.oracle.settings import Settings

__all__ = ["Settings", "recompute"]
