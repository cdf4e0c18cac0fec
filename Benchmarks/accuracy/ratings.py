"""Reviews and churn: splits, what the usual tools make of them, and the scores."""
import warnings

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, KFold, train_test_split

warnings.filterwarnings("ignore")


class Split:
    """80 of 100 rows to learn from; stratified where there are classes."""

    def __init__(self, entry, folder, seed=1):
        self.entry = entry
        table = pd.read_csv(folder / entry["data"], keep_default_na=False, dtype=str, encoding="utf-8-sig")
        self.is_mean = entry.get("kind") == "mean"
        target = table[entry["target"]]
        self.train, self.test = train_test_split(
            table, test_size=.2, random_state=seed, stratify=None if self.is_mean else target)

    def labels(self, table):
        target = table[self.entry["target"]]
        return target.astype(float).to_numpy() if self.is_mean else target.to_numpy()

    def score_classes(self, classes, probabilities):
        truth = self.labels(self.test)
        order = np.argsort(classes)
        classes, p = np.asarray(classes)[order], np.asarray(probabilities)[:, order]
        p = np.clip(p, 1e-7, 1)
        p /= p.sum(1, keepdims=True)
        answer = classes[p.argmax(1)]
        confidence, right = p.max(1), answer == truth
        bins = np.minimum((confidence * 10).astype(int), 9)
        calibration = sum(
            abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
            for b in range(10) if (bins == b).any())
        scores = {"accuracy": accuracy_score(truth, answer), "log_loss": log_loss(truth, p, labels=classes),
                  "calibration": calibration}
        if len(classes) == 2:
            scores["auc"] = roc_auc_score(truth == classes[1], p[:, 1])
        return {k: float(v) for k, v in scores.items()}

    def score_means(self, answer, bounds=None):
        truth = self.labels(self.test)
        scores = {"rmse": np.sqrt(np.mean((truth - answer) ** 2)), "mae": np.mean(np.abs(truth - answer))}
        if bounds is not None:
            scores["coverage"] = np.mean((truth >= bounds[0]) & (truth <= bounds[1]))
        return {k: float(v) for k, v in scores.items()}


def _texts(entry):
    """The columns of text: a title, if there is one, then the text itself."""
    return [entry["text"]] if isinstance(entry["text"], str) else entry["text"]


def _grams(table, columns, chinese):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union
    text = table[columns].agg(" ".join, axis=1)
    parts = [TfidfVectorizer(analyzer="char" if chinese else "char_wb", ngram_range=(1, 3) if chinese else (2, 5),
                             min_df=2, sublinear_tf=True)]
    if not chinese:
        parts.append(TfidfVectorizer(ngram_range=(1, 2), min_df=1, sublinear_tf=True))
    return text, make_union(*parts)


def linear_text(split):
    """Words and characters, TF-IDF, linear; its regularisation chosen out of fold."""
    from sklearn.linear_model import LogisticRegression, Ridge
    columns = _texts(split.entry)
    sample = "".join(split.train[columns[-1]].head(200))
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in sample) > .3 * len(sample)
    text, union = _grams(split.train, columns, chinese)
    train, truth = union.fit_transform(text), split.labels(split.train)
    test = union.transform(split.test[columns].agg(" ".join, axis=1))
    if split.is_mean:
        model = GridSearchCV(Ridge(), {"alpha": [.3, 1, 3, 10]}, cv=KFold(4, shuffle=True, random_state=1),
                             scoring="neg_mean_squared_error").fit(train, truth)
        return split.score_means(model.predict(test))
    model = GridSearchCV(LogisticRegression(max_iter=300), {"C": [1, 3, 10]},
                         cv=StratifiedKFold(3, shuffle=True, random_state=1), scoring="neg_log_loss", n_jobs=2)
    model.fit(train, truth)
    return split.score_classes(model.classes_, model.predict_proba(test))


def _table(split):
    ignored = set(split.entry.get("ignore", [])) | {split.entry["target"]}
    columns = [c for c in split.train.columns if c not in ignored]
    frames = []
    for table in (split.train, split.test):
        frame = pd.DataFrame(index=table.index)
        for c in columns:
            numbers = pd.to_numeric(table[c].str.strip(), errors="coerce")
            known = pd.to_numeric(split.train[c].str.strip(), errors="coerce").notna().mean() > .95
            frame[c] = numbers if known else table[c]
        frames.append(frame)
    words = [c for c in columns if frames[0][c].dtype == object]
    return frames[0], frames[1], words


def logistic_churn(split):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    train, test, words = _table(split)
    numbers = [c for c in train if c not in words]
    model = make_pipeline(make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=5), words)), LogisticRegressionCV(max_iter=1000))
    model.fit(train, split.labels(split.train))
    return split.score_classes(model.classes_, model.predict_proba(test))


def lightgbm_churn(split):
    import lightgbm
    train, test, words = _table(split)
    for c in words:
        kinds = pd.CategoricalDtype(sorted(train[c].unique()))
        train[c], test[c] = train[c].astype(kinds), test[c].astype(kinds)
    model = lightgbm.LGBMClassifier(n_estimators=150, learning_rate=.05, num_leaves=15, min_child_samples=30,
                                    subsample=.8, subsample_freq=1, colsample_bytree=.7, verbose=-1, n_jobs=2)
    model.fit(train, split.labels(split.train))
    return split.score_classes(model.classes_, model.predict_proba(test))


def catboost_churn(split):
    import catboost
    train, test, words = _table(split)
    model = catboost.CatBoostClassifier(verbose=0, thread_count=2, cat_features=words, allow_writing_files=False)
    model.fit(train, split.labels(split.train))
    return split.score_classes(model.classes_, model.predict_proba(test))


def methods(entry):
    if entry["task"] == "reviews":
        return {"linear, words and characters": linear_text}
    return {"logistic regression": logistic_churn, "LightGBM": lightgbm_churn, "CatBoost": catboost_churn}


def run_sluice(split, sluice):
    entry = split.entry
    flags = ["--target", entry["target"], *entry.get("flags", [])]
    if entry["task"] == "reviews":
        *title, text = _texts(entry)
        flags += ["--text", text, *(["--title", *title] if title else [])]
    else:
        flags += ["--positive", entry["positive"]]
        if entry.get("ignore"):
            flags += ["--ignore", ",".join(entry["ignore"])]
    answers, report = sluice.answers(
        entry["task"], split.train, split.test.drop(columns=entry["target"]), flags)
    if split.is_mean:
        bounds = tuple(answers[c].astype(float) for c in ("p10", "p90")) if "p10" in answers else None
        return split.score_means(answers.rating.astype(float).to_numpy(), bounds), report
    if entry["task"] == "churn":
        p = answers.churn_probability.astype(float).to_numpy()
        other = next(c for c in np.unique(split.labels(split.train)) if c != entry["positive"])
        return split.score_classes([other, entry["positive"]], np.column_stack([1 - p, p])), report
    classes = [c for c in answers.columns if c.startswith("p_")]
    names = [c[2:] for c in classes]
    truth = list(np.unique(split.labels(split.train)))
    if set(names) != set(truth):  # 5 where the table writes 5.0
        names = [next(t for t in truth if float(t) == float(n)) for n in names]
    return split.score_classes(names, answers[classes].astype(float).to_numpy()), report


def run_usual(split, method):
    return method(split), {}
