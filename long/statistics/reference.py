"""What lifelines, statsmodels, NumPy and pandas make of the cases in a file: the same figures as JSON."""

import json
import sys

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times
from statsmodels.stats.rates import confint_poisson
from statsmodels.stats.weightstats import DescrStatsW


def finite(value):
    value = float(value)
    return value if np.isfinite(value) else None


def survival(groups, level):
    told = []
    for group in groups:
        time = [each["time"] for each in group]
        event = [each["event"] for each in group]
        fitted = KaplanMeierFitter(alpha=1 - level).fit(time, event)
        band = fitted.confidence_interval_
        limits = median_survival_times(band)
        table = fitted.event_table
        told.append(
            {
                "steps": [
                    [float(at), finite(fitted.survival_function_.loc[at].iloc[0]), finite(band.loc[at].iloc[0]), finite(band.loc[at].iloc[1])]
                    + [int(table.loc[at, "at_risk"]), int(table.loc[at, "observed"])]
                    for at in table.index
                    if table.loc[at, "observed"] > 0
                ],
                "median": [finite(fitted.median_survival_time_), finite(limits.iloc[0, 0]), finite(limits.iloc[0, 1])],
            }
        )
    rows = [(each["time"], each["event"], at) for at, group in enumerate(groups) for each in group]
    time, event, of = zip(*rows)
    test = multivariate_logrank_test(time, of, event)
    return {"groups": told, "logRank": [finite(test.test_statistic), finite(test.p_value)]}


def numbers(values):
    of = DescrStatsW(np.array(values, dtype=float))
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    return [float(of.mean), float(np.sqrt(of.var_ddof(1))), *map(float, quartiles)]


def difference_of_means(a, b):
    spread = np.sqrt((DescrStatsW(np.array(a, float)).var_ddof(1) + DescrStatsW(np.array(b, float)).var_ddof(1)) / 2)
    return float(abs(np.mean(a) - np.mean(b)) / spread)


def difference_of_shares(a, b):
    p, q = (np.array(each, float) / np.sum(each) for each in (a, b))
    p, q = p[1:], q[1:]
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    return float(np.sqrt((p - q) @ np.linalg.pinv(spread) @ (p - q)))


def rate(events, time, per, level):
    low, high = confint_poisson(events, time, method="exact-c", alpha=1 - level)
    return [events / time * per, finite(low * per), finite(high * per)]


def patterns(names, rows):
    missing = pd.DataFrame(rows, columns=names).isna()
    counts = missing.groupby(names).size()
    return {",".join(name for name, gone in zip(names, key if isinstance(key, tuple) else (key,)) if gone): int(n) for key, n in counts.items()}


def days_covered(supplies, start, until):
    stock, covered, by_day = 0, 0, {}
    for each in supplies:
        by_day[each["start"]] = by_day.get(each["start"], 0) + each["days"]
    first = min(by_day)
    begin = first if start is None else start
    for day in range(min(first, begin), until + 1):
        stock += by_day.get(day, 0)
        if stock > 0:
            covered += day >= begin
            stock -= 1
    return covered / (until - begin + 1)


made = {
    "survival": survival,
    "numbers": numbers,
    "differenceOfMeans": difference_of_means,
    "differenceOfShares": difference_of_shares,
    "rate": rate,
    "patterns": patterns,
    "daysCovered": days_covered,
}
with open(sys.argv[1], encoding="utf-8") as file:
    cases = json.load(file)
print(json.dumps([made[case["of"]](*case["with"]) for case in cases]))
