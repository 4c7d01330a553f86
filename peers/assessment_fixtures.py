"""Expected values for packages/tutelage/test/assessment, from scikit-learn, SciPy, statsmodels, krippendorff and trec_eval.

Needs: pip install numpy scikit-learn==1.9.1 scipy==1.17.1 statsmodels krippendorff pytrec-eval-terrier
Run: python peers/assessment_fixtures.py > packages/tutelage/test/fixtures/assessment.json
"""

import json
import warnings

import krippendorff
import numpy as np
import pytrec_eval
from scipy import optimize, special, stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")
draw = np.random.default_rng(11)


def classification():
    """Five classes, of which the last never occurs as an answer; some scores are tied."""
    n, k = 60, 5
    classes = draw.integers(0, k, n)
    logits = draw.normal(size=(n, k)).round(1) + 1.5 * np.eye(k)[classes]
    logits[:, 4] = -3
    logits = logits.round(1)
    p = special.softmax(logits, 1)
    predicted = p.argmax(1)
    labels = list(range(k))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(classes, predicted, labels=labels)

    def f1_averaged(kind):
        return metrics.f1_score(classes, predicted, average=kind)

    fitted = optimize.minimize_scalar(
        lambda t: metrics.log_loss(classes, special.softmax(logits / t, 1), labels=labels),
        bounds=(0.01, 10),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return {
        "classes": classes,
        "logits": logits,
        "accuracy": metrics.accuracy_score(classes, predicted),
        "f1": {"macro": f1_averaged("macro"), "micro": f1_averaged("micro"), "weighted": f1_averaged("weighted")},
        "byClass": {"precision": precision, "recall": recall, "f1": f1, "support": support},
        "confusion": metrics.confusion_matrix(classes, predicted, labels=labels).ravel(),
        "top": [metrics.top_k_accuracy_score(classes, logits, k=at, labels=labels) for at in (1, 2, 3)],
        "logLoss": metrics.log_loss(classes, p, labels=labels),
        "brier": metrics.brier_score_loss(classes, p, labels=labels, scale_by_half=False),
        "auc": metrics.roc_auc_score(classes == 1, logits[:, 1]),
        "temperature": fitted.x,
        "ece": {
            "width": ece(p, classes, np.linspace(0, 1, 11)),
            "mass": ece_of_equal_mass(p, classes, 10),
        },
        "kappa": metrics.cohen_kappa_score(classes, predicted),
    }


def ece(p, classes, edges):
    confidence, correct = p.max(1), p.argmax(1) == classes
    bins = np.digitize(confidence, edges[1:-1], right=True)
    masks = [bins == b for b in range(len(edges) - 1)]
    return sum(abs(correct[m].mean() - confidence[m].mean()) * m.mean() for m in masks if m.any())


def ece_of_equal_mass(p, classes, count):
    confidence, correct = p.max(1), p.argmax(1) == classes
    parts = np.array_split(np.argsort(confidence, kind="stable"), count)
    return sum(abs(correct[m].mean() - confidence[m].mean()) * len(m) for m in parts) / len(confidence)


def correlation():
    x = draw.integers(0, 12, 40)
    y = x + draw.integers(-6, 6, 40)
    return {
        "x": x,
        "y": y,
        "pearson": stats.pearsonr(x, y)[0],
        "spearman": stats.spearmanr(x, y)[0],
        "kendall": stats.kendalltau(x, y)[0],
    }


def agreement():
    ratings = draw.integers(0, 3, (12, 4))
    ratings[:6] = ratings[:6, :1]
    counts = np.array([[(row == c).sum() for c in range(3)] for row in ratings])
    missing = ratings.astype(float)
    missing[draw.random(missing.shape) < 0.25] = np.nan
    return {
        "counts": counts,
        "fleiss": fleiss_kappa(counts),
        "ratings": [[None if np.isnan(r) else int(r) for r in row] for row in missing],
        "alpha": krippendorff.alpha(missing.T, level_of_measurement="nominal"),
    }


def intervals():
    sample = draw.exponential(size=25).round(3)
    resampled = stats.bootstrap(
        (sample,), np.mean, n_resamples=299, method="BCa", vectorized=True, rng=np.random.default_rng(3)
    )
    differences = draw.normal(0.4, 1, 7).round(3)
    mean, error = differences.mean(), stats.sem(differences)
    return {
        "wilson": [
            {"successes": s, "trials": n, "low": low, "high": high}
            for s, n in [(0, 10), (3, 10), (10, 10), (837, 1000)]
            for low, high in [proportion_confint(s, n, method="wilson")]
        ],
        "differences": differences,
        "paired": stats.t.interval(0.95, 6, mean, error),
        "t": [{"p": p, "degrees": v, "t": stats.t.ppf(p, v)} for p in (0.6, 0.975, 0.9995) for v in (1, 4, 29, 3000)],
        "normal": [{"p": p, "z": stats.norm.ppf(p)} for p in (1e-9, 0.025, 0.31, 0.9)],
        "mcnemar": [
            {"first": b, "second": c, "p": mcnemar([[0, b], [c, 0]], exact=True).pvalue}
            for b, c in [(3, 12), (7, 7), (0, 4), (310, 255)]
        ],
        "sample": sample,
        "resampled": resampled.bootstrap_distribution,
        "bca": list(resampled.confidence_interval),
    }


def ranking():
    """Tied scores, unjudged documents, graded and negative grades, queries without answers or without relevant documents."""
    documents = [f"d{i}" for i in range(14)] + ["D2", "é"]
    judgements, run = {}, {}
    for q in range(8):
        chosen = draw.choice(documents, 10, replace=False)
        judgements[f"q{q}"] = {str(d): int(draw.integers(-1, 4)) for d in chosen}
        found = draw.choice(documents, 12, replace=False)
        run[f"q{q}"] = {str(d): float(draw.integers(0, 6)) + (1e-9 * i) for i, d in enumerate(found)}
    judgements["q0"] = {d: 0 for d in judgements["q0"]}
    del run["q7"]
    names = {"ndcg_cut_5", "ndcg_cut_10", "ndcg", "recip_rank", "map", "recall_5", "P_5", "P_15"}
    measured = pytrec_eval.RelevanceEvaluator(judgements, names).evaluate(run)
    return {"judgements": judgements, "run": run, "measured": measured}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.13g}")
    return value.item() if isinstance(value, np.generic) else value


parts = [classification, correlation, agreement, intervals, ranking]
lines = [f' "{part.__name__}": {json.dumps(plain(part()), separators=(",", ":"))}' for part in parts]
print("{\n" + ",\n".join(lines) + "\n}")
