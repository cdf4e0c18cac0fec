"""Forecasts: windows cut out of series, what the usual tools make of them, and the scores."""
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


class Window:
    """The rows before a cut, and one horizon behind it."""

    def __init__(self, known, ahead, entry):
        self.known, self.ahead, self.entry = known, ahead, entry
        self.horizon, self.seasons = entry["horizon"], entry.get("seasons", [])
        self.history = {k: g.value.to_numpy() for k, g in known.groupby("series", sort=True)}
        self.truth = {k: g.value.to_numpy() for k, g in ahead.groupby("series", sort=True)}

    def score(self, forecasts, bounds=None):
        """SMAPE and MASE, means over series, and the share of true values within the bounds."""
        smape, mase, inside, absolute = [], [], [], []
        # The unit is the change over a short season; weeks and days without one: over a step.
        lag = min([s for s in self.seasons if s <= 48] or [1])
        for key, actual in self.truth.items():
            forecast, past = np.asarray(forecasts[key])[: len(actual)], self.history[key]
            error = np.abs(actual - forecast)
            size = np.abs(actual) + np.abs(forecast)
            smape += list(200 * np.where(size > 0, error / np.maximum(size, 1e-12), 0))
            absolute += list(error)
            step = lag if len(past) > lag else 1
            unit = np.abs(past[step:] - past[:-step]).mean() if len(past) > step else 0
            if unit > 0:
                mase.append(error.mean() / unit)
            if bounds is not None:
                low, high = (np.asarray(b[key])[: len(actual)] for b in bounds)
                inside += list((actual >= low) & (actual <= high))
        scores = {"mase": np.mean(mase), "smape": np.mean(smape), "mae": np.mean(absolute)}
        if bounds is not None:
            scores["coverage"] = np.mean(inside)
        return {k: float(v) for k, v in scores.items()}


def windows(entry, folder):
    """The windows of a set, the last ones of its dates, oldest first."""
    def read(file):
        t = pd.read_csv(folder / file)
        keys = entry.get("series", ["series"] if "series" in t else [])
        t["series"] = t[keys].astype(str).agg("|".join, axis=1) if keys else "one"
        t = t.rename(columns={entry.get("date", "date"): "date", entry.get("target", "value"): "value"})
        return t[["series", "date", "value"]].sort_values(["series", "date"], kind="stable")

    table = read(entry["data"])
    if "test" in entry:
        yield Window(table, read(entry["test"]), entry)
        return
    dates = np.sort(table.date.unique())
    if "before" in entry:
        dates = dates[dates < entry["before"]]
    horizon, count = entry["horizon"], entry.get("windows", 1)
    stride = entry.get("stride", horizon)
    for back in reversed(range(count)):
        end = len(dates) - back * stride
        cut, stop = dates[end - horizon], dates[end - 1]
        known = table[table.date < cut]
        keys = known.groupby("series").size()
        keys = keys[keys >= max(8, horizon)].index
        inside = table.series.isin(keys)
        yield Window(table[inside & (table.date < cut)],
                     table[inside & (table.date >= cut) & (table.date <= stop)], entry)


# The usual tools. Each gives {series: forecast of the horizon}.

def last_value(window):
    return {k: np.repeat(y[-1], window.horizon) for k, y in window.history.items()}


def seasonal(window, season):
    ahead = np.arange(window.horizon)
    return {k: y[len(y) - season + ahead % season] if len(y) >= season else np.repeat(y[-1], window.horizon)
            for k, y in window.history.items()}


def statsforecast(window, model, longest=2000):
    from statsforecast import StatsForecast
    frame = pd.concat([
        pd.DataFrame({"unique_id": k, "ds": np.arange(len(y[-longest:])), "y": y[-longest:]})
        for k, y in window.history.items()])
    found = StatsForecast(models=[model], freq=1, n_jobs=2).forecast(df=frame, h=window.horizon)
    found = found.reset_index() if "unique_id" not in found else found
    name = [c for c in found.columns if c not in ("unique_id", "ds", "index")][0]
    return {k: g[name].to_numpy() for k, g in found.groupby("unique_id")}


def _season(window, most):
    return max([s for s in window.seasons if s <= most] or [1])


def auto_ets(window):
    from statsforecast.models import AutoETS
    return statsforecast(window, AutoETS(season_length=_season(window, 24)))


def auto_theta(window):
    from statsforecast.models import AutoTheta
    return statsforecast(window, AutoTheta(season_length=_season(window, 52)))


def mstl(window):
    from statsforecast.models import MSTL
    shortest = min(len(y) for y in window.history.values())
    seasons = [s for s in window.seasons if 2 * s < shortest]
    return statsforecast(window, MSTL(season_length=seasons or [1]), longest=4000)


def lightgbm_lags(window, origins=40_000, seed=1):
    """One boosted model of all series: the past relative to its level, how far ahead, and the season."""
    import lightgbm
    horizon, seasons = window.horizon, window.seasons or [1]
    draw = np.random.default_rng(seed)

    def features(y, origin, ahead):
        past = y[:origin]
        level = past[-max(4, min(seasons)):].mean()
        scale = np.abs(np.diff(past[-100:])).mean() + 1e-9 + 1e-3 * abs(level)
        row = [ahead, (origin + ahead) % seasons[0]]
        row += [(past[-k] - level) / scale if len(past) >= k else np.nan for k in (1, 2, 3, 4, 6, 8)]
        row += [(past[-k:].mean() - level) / scale for k in (8, 16, 52)]
        for season in seasons:
            for back in range(3):
                at = origin + ahead - season * ((ahead // season) + 1 + back)
                row.append((y[at] - level) / scale if at >= 0 else np.nan)
                before = y[max(0, at - season // 2):at + 1] if at >= 0 else []
                row.append((y[at] - before.mean()) / scale if at > 0 and len(before) else np.nan)
        return row, level, scale

    rows, targets = [], []
    keys = list(window.history)
    for _ in range(origins):
        y = window.history[keys[draw.integers(len(keys))]]
        least = min(len(y) // 2, max(seasons) + horizon)
        origin = int(draw.integers(max(5, least), max(6, len(y))))
        ahead = int(draw.integers(min(horizon, len(y) - origin)))
        row, level, scale = features(y, origin, ahead)
        rows.append(row)
        targets.append((y[origin + ahead] - level) / scale)
    model = lightgbm.LGBMRegressor(
        objective="mae", n_estimators=400, learning_rate=.05, num_leaves=31, min_child_samples=40,
        subsample=.8, subsample_freq=1, colsample_bytree=.8, random_state=seed, n_jobs=2, verbose=-1)
    model.fit(np.array(rows, dtype=float), np.array(targets))
    found = {}
    for key, y in window.history.items():
        parts = [features(y, len(y), ahead) for ahead in range(horizon)]
        answer = model.predict(np.array([p[0] for p in parts], dtype=float))
        found[key] = np.array([a * p[2] + p[1] for a, p in zip(answer, parts)])
    return found


def methods(entry):
    found = {"last value": last_value}
    for season in entry.get("seasons", []):
        found[f"season {season}"] = lambda window, season=season: seasonal(window, season)
    return found | {"AutoETS": auto_ets, "AutoTheta": auto_theta, "MSTL": mstl, "LightGBM on lags": lightgbm_lags}


def run_sluice(window, sluice):
    entry = window.entry
    keyed = window.known.series.nunique() > 1 or "series" in entry
    columns = (["series"] if keyed else []) + ["date", "value"]
    flags = ["--horizon", entry["horizon"], *entry.get("flags", [])]
    answers, report = sluice.answers("sales", window.known[columns], None, flags)
    groups = answers.assign(series=answers.series.astype(str) if keyed else "one").groupby("series")
    take = lambda column: {k: g[column].astype(float).to_numpy() for k, g in groups}
    return window.score(take("prediction"), (take("p10"), take("p90"))), report


def run_usual(window, method):
    return window.score(method(window)), {}
