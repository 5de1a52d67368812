"""Golden values from independent packages, for the tests of the lab.

Run in a virtual environment with numpy, scipy and scikit-learn, from the root of the repository:

    python test/golden/make.py && npm run format

Writes small JSON files beside itself. Each holds the versions that made it, the inputs and the expected outputs.
"""

import numpy
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.preprocessing import StandardScaler

from common import write


def statistics():
    rng = numpy.random.default_rng(1)
    t_quantiles = [
        {"probability": p, "freedom": f, "value": stats.t.ppf(p, f)}
        for p in (0.55, 0.9, 0.95, 0.975, 0.995, 0.9999)
        for f in (1, 2, 3, 4, 7, 10, 30, 120, 5000)
    ]
    normal = [
        {"z": z, "cdf": stats.norm.cdf(z)} for z in (-8.0, -3.9, -1.0, 0.0, 0.3, 2.5, 4.5, 6.0)
    ]
    samples = [
        rng.normal(0.8, 0.03, 5).round(6),
        rng.exponential(2.0, 40).round(6),
        rng.lognormal(0, 1, 25).round(6),
    ]
    means = []
    for values in samples:
        low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        entry = {"values": values, "mean": values.mean(), "t": [low, high]}
        for method in ("BCa", "percentile"):
            result = stats.bootstrap(
                (values,),
                numpy.mean,
                n_resamples=200_000,
                batch=20_000,
                method=method,
                rng=numpy.random.default_rng(7),
            )
            entry[method] = list(result.confidence_interval)
        means.append(entry)
    taus = []
    for x, y in [
        ([8, 14, 20, 32, 44], [2.52, 2.85, 2.78, 2.71, 2.67]),
        (range(6), [0, 1, 2, 3, 4, 5]),
        (range(6), [5, 4, 3, 2, 1, 0]),
        ([1, 1, 2, 2, 3, 3, 4, 4], [1, 2, 2, 3, 3, 3, 5, 4]),
        (range(12), rng.normal(size=12).round(6)),
        (range(40), (rng.normal(size=40) + numpy.arange(40) / 20).round(6)),
        (rng.integers(0, 4, 30), rng.integers(0, 6, 30)),
    ]:
        x, y = numpy.asarray(x), numpy.asarray(y)
        tied = len(set(x)) < len(x) or len(set(y)) < len(y)
        method = "asymptotic" if tied or len(x) > 33 else "exact"
        result = stats.kendalltau(x, y, method=method)
        taus.append({"x": x, "y": y, "tau": result.statistic, "p": result.pvalue})
    shares = []
    for successes, trials in ((0, 10), (10, 10), (1, 3), (1764, 2000), (250, 500)):
        interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        shares.append({"successes": successes, "trials": trials, "interval": list(interval)})
    x = rng.normal(size=(20, 3)).round(6)
    y = (x @ [1.5, -2.0, 0.0] + 3 + rng.normal(scale=0.5, size=20)).round(6)
    model = LinearRegression().fit(x, y)
    left_out = cross_val_predict(LinearRegression(), x, y, cv=LeaveOneOut())
    write(
        "statistics",
        {
            "t_quantiles": t_quantiles,
            "normal": normal,
            "means": means,
            "kendall": taus,
            "wilson": shares,
            # The worked example of method 10 in Newcombe 1998, table II: 56/70 against 48/80.
            "newcombe": {"first": [56, 70], "second": [48, 80], "interval": [0.0524, 0.3339]},
            "regression": {
                "x": x,
                "y": y,
                "intercept": model.intercept_,
                "coefficients": model.coef_,
                "r2": model.score(x, y),
                "left_out_error": numpy.abs(y - left_out).mean(),
            },
        },
    )


def probe():
    """Ridge classifier on standardised features, by strength, and logistic regression on the same."""
    rng = numpy.random.default_rng(2)
    classes, features = 4, 12
    centres = rng.normal(scale=0.9, size=(classes, features))

    def draw(count):
        labels = numpy.arange(count) % classes
        scale = numpy.linspace(0.2, 5, features)
        noise = rng.normal(size=(count, features))
        return ((centres[labels] + noise) * scale).astype("float32").round(3), labels

    train_x, train_y = draw(120)
    test_x, test_y = draw(80)
    scaler = StandardScaler().fit(train_x)
    ridge = []
    for strength in (0.01, 1.0, 100.0, 10_000.0):
        model = RidgeClassifier(alpha=strength, solver="cholesky").fit(scaler.transform(train_x), train_y)
        ridge.append(
            {
                "strength": strength,
                "scores": model.decision_function(scaler.transform(test_x))[:5],
                "predictions": model.predict(scaler.transform(test_x)),
                "accuracy": model.score(scaler.transform(test_x), test_y),
            }
        )
    logistic = LogisticRegression(max_iter=5000).fit(scaler.transform(train_x), train_y)
    write(
        "probe",
        {
            "classes": classes,
            "train": {"x": train_x, "y": train_y},
            "test": {"x": test_x, "y": test_y},
            "ridge": ridge,
            "logistic_accuracy": logistic.score(scaler.transform(test_x), test_y),
        },
    )


def dimension():
    """Participation ratio and effective rank (both conventions) of random matrices, wide and tall."""
    rng = numpy.random.default_rng(3)
    cases = []
    for count, width in ((30, 12), (12, 30), (25, 25)):
        x = (rng.normal(size=(count, width)) @ numpy.diag(0.8 ** numpy.arange(width))).astype("float32").round(3)
        centred = x.astype("float64") - x.astype("float64").mean(axis=0)
        singular = numpy.linalg.svd(centred, compute_uv=False)
        eigen = singular**2 / (count - 1)

        def rank(spectrum):
            share = spectrum[spectrum > spectrum.max() * 1e-12]
            share = share / share.sum()
            return float(numpy.exp(-(share * numpy.log(share)).sum()))

        ratio = lambda e: float(e.sum() ** 2 / (e**2).sum())
        left_out = []
        for i in range(count):
            rest = numpy.delete(x.astype("float64"), i, axis=0)
            left_out.append(ratio(numpy.linalg.svd(rest - rest.mean(axis=0), compute_uv=False) ** 2))
        cases.append(
            {
                "x": x,
                "eigenvalues": eigen,
                "participation_ratio": ratio(eigen),
                "participation_ratio_left_out": left_out,
                "effective_rank_eigenvalues": rank(eigen),
                "effective_rank_singular": rank(singular),
            }
        )
    write("dimension", {"cases": cases})


def regions():
    """Activation patterns met on a segment between two normal points by random He ReLU nets of 96 neurons and 16 inputs.

    Counted by 20,001 samples of each segment, which misses about one region in a thousand.
    """
    rng = numpy.random.default_rng(0)
    inputs, neurons, nets = 16, 96, 400
    cases = []
    for layers in (1, 2, 3, 4, 6, 8):
        width = neurons // layers
        counts = []
        for _ in range(nets):
            start, end = rng.normal(size=(2, inputs))
            hidden = start + numpy.linspace(0, 1, 20_001)[:, None] * (end - start)
            patterns = []
            for _ in range(layers):
                fan_in = hidden.shape[1]
                kernel = rng.normal(size=(fan_in, width)) * numpy.sqrt(2 / fan_in)
                sums = hidden @ kernel + 0.1 * rng.normal(size=width)
                patterns.append(sums > 0)
                hidden = numpy.maximum(sums, 0)
            pattern = numpy.concatenate(patterns, axis=1)
            counts.append(1 + numpy.any(pattern[1:] != pattern[:-1], axis=1).sum())
        error = numpy.std(counts, ddof=1) / numpy.sqrt(nets)
        cases.append({"layers": layers, "mean": numpy.mean(counts).round(3), "standard_error": error.round(3)})
    write("regions", {"inputs": inputs, "neurons": neurons, "bias_spread": 0.1, "cases": cases})


if __name__ == "__main__":
    statistics()
    probe()
    dimension()
    regions()
