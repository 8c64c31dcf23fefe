"""Print the survival curve of CDNOW's customers as lifelines has it: the fixture beside this file.

lifelines needs an older pandas than the project, so this runs in an environment of its own:

    pip install lifelines==0.30.3
    python cdnow_survival_lifelines.py CDNOW_master.txt > cdnow_survival_lifelines.csv

W is 90 days; a lapse after the as-of date (30 June 1998) has not happened.
"""

import sys
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

WINDOW = 90

days = defaultdict(set)
for line in Path(sys.argv[1]).read_text().splitlines()[1:]:
    customer, day = line.split()[:2]
    days[customer].add(date.fromisoformat(day).toordinal())
as_of = max(max(own) for own in days.values())

durations, observed = [], []
for own in days.values():
    ordered = sorted(own)
    before_gap = [day for day, later in pairwise(ordered) if later - day > WINDOW]
    lapse = min([*before_gap, ordered[-1]]) + WINDOW
    durations.append(min(lapse, as_of) - ordered[0])
    observed.append(lapse <= as_of)

fit = KaplanMeierFitter().fit(durations, observed)
curve = fit.survival_function_.join(fit.confidence_interval_)
curve.columns = ["survival", "survival_low", "survival_high"]
table = fit.event_table[["at_risk", "observed", "censored"]]
table.columns = ["at_risk", "events", "censored"]
table.join(curve).rename_axis("day").to_csv(sys.stdout)
mean = restricted_mean_survival_time(fit, t=max(durations))
print(f"median {fit.median_survival_time_}, restricted mean {mean}", file=sys.stderr)
