"""Golden values for games of a few players and for the published feature-order spectra.

Run in a virtual environment with numpy, scipy, scikit-learn and shapiq, from the root of the repository:

    python test/golden/order.py <folder with the data files of github.com/LMJJJJJJ/feature-complexity> && npm run format

Writes `order.json` beside itself: the versions that made it, the inputs and the expected outputs.
"""

import json
import pickle
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy
import shapiq
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

HERE = Path(__file__).parent


def games():
    """Exact Shapley values and pairwise Shapley interaction indices of random games, by shapiq."""
    rng = numpy.random.default_rng(1)
    cases = []
    for players in (2, 3, 5, 7):
        values = rng.normal(size=2**players).round(6)

        def game(coalitions):
            return numpy.array([values[sum(1 << i for i in range(players) if row[i])] for row in coalitions])

        computer = shapiq.ExactComputer(game, players)
        shapley = computer("SV", order=1)
        pairs = computer("SII", order=2)
        cases.append(
            {
                "game": values.tolist(),
                "shapley": [float(shapley[(i,)]) for i in range(players)],
                "interactions": [float(pairs[(i, j)]) for i in range(players) for j in range(i + 1, players)],
            }
        )
    return cases


def published(folder):
    """Accuracy from the spectrum and from log n, on the unrounded numbers."""
    spectrum, significance, sizes, accuracy = [], [], [], []
    for depth in (8, 14, 20, 32, 44):
        for images in (200, 500, 1000, 2000, 5000):
            data = pickle.loads((folder / f"resnet{depth}_{images}_data.bin").read_bytes())
            train, variance = data["train"], data["train"]["var_teacher"][1]
            row = []
            for n in (1, 2, 4, 8):
                row += [train["var_agaf_new"][n] / variance, train["var_normal-agaf_new"][n] / variance]
            spectrum.append(row)
            significance.append([train["var_normal_new"][n] / variance for n in (1, 2, 4, 8)])
            sizes.append([numpy.log(images)])
            accuracy.append(data["test"]["teacher_acc"][1])
    accuracy = numpy.array(accuracy)

    def fit(x):
        x = numpy.array(x)
        left_out = cross_val_predict(LinearRegression(), x, accuracy, cv=LeaveOneOut())
        return {
            "r2": LinearRegression().fit(x, accuracy).score(x, accuracy),
            "left_out_error": float(numpy.abs(left_out - accuracy).mean()),
        }

    return {"spectrum": fit(spectrum), "significance": fit(significance), "log_images": fit(sizes)}


def ridge():
    """Multi-output ridge regression with an intercept that is not penalised, on centred inputs and targets."""
    rng = numpy.random.default_rng(2)
    x, test = rng.normal(size=(40, 6)).round(4), rng.normal(size=(5, 6)).round(4)
    y = (x @ rng.normal(size=(6, 3)) + rng.normal(size=(40, 3))).round(4)
    cases = []
    for strength in (0.001, 0.1, 2.0):
        # Features are scaled to variance 1, the penalty is strength · n.
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        model = Ridge(alpha=strength * len(x), solver="cholesky").fit((x - mean) / deviation, y)
        cases.append({"strength": strength, "predictions": model.predict((test - mean) / deviation).tolist()})
    return {"x": x.tolist(), "y": y.tolist(), "test": test.tolist(), "cases": cases}


if __name__ == "__main__":
    content = {
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scikit-learn", "shapiq")},
        },
        "games": games(),
        "published": published(Path(sys.argv[1])),
        "ridge": ridge(),
    }
    (HERE / "order.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
