"""Golden values of measures of representations, from scikit-dimension, scikit-learn and numpy.

Run in a virtual environment with scikit-dimension (which brings the others), from the root of the repository:

    python test/golden/representation.py && npm run format
"""

import numpy
import skdim
from sklearn.datasets import make_swiss_roll
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from common import write


def intrinsic_dimension():
    """TwoNN and MLE of a curved sheet, a sphere and a Gaussian."""
    rng = numpy.random.default_rng(11)
    roll, _ = make_swiss_roll(240, random_state=5)
    sphere = rng.normal(size=(240, 6))
    sphere /= numpy.linalg.norm(sphere, axis=1, keepdims=True)
    gauss = rng.normal(size=(200, 9))
    cases = []
    for name, x in (("swiss roll", roll), ("sphere of 5 dimensions", sphere), ("Gaussian", gauss)):
        x = x.astype("float32").round(3)
        # Single precision, as the activations of a net are.
        exact = x.astype("float64")
        two = skdim.id.TwoNN(discard_fraction=0.1).fit(exact)
        mle = skdim.id.MLE(K=10, neighborhood_based=True).fit(exact, n_neighbors=10, comb="mle")
        cases.append({"name": name, "x": x, "two_nn": two.dimension_, "mle": mle.dimension_})
    write("intrinsic", {"neighbours": 10, "cases": cases}, ("numpy", "scikit-dimension", "scikit-learn"))


def neighbours():
    """Indices and distances of the 5 nearest neighbours, and the accuracy of their vote between two classes."""
    rng = numpy.random.default_rng(12)
    reference = rng.normal(size=(60, 7)).astype("float32").round(3)
    labels = (reference[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(int)
    queries = rng.normal(size=(25, 7)).astype("float32").round(3)
    truth = (queries[:, 0] > 0).astype(int)
    found = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(reference.astype("float64"))
    distances, indices = found.kneighbors(queries.astype("float64"))
    own_distances, own_indices = found.kneighbors()
    vote = KNeighborsClassifier(n_neighbors=5).fit(reference.astype("float64"), labels)
    write(
        "neighbours",
        {
            "reference": reference,
            "labels": labels,
            "queries": queries,
            "truth": truth,
            "distances": distances,
            "indices": indices,
            "own_distances": own_distances,
            "own_indices": own_indices,
            "accuracy": vote.score(queries.astype("float64"), truth),
        },
        ("numpy", "scikit-learn"),
    )


def collapse():
    """NC1 by numpy's pseudo-inverse, unequal classes, more features than classes."""
    rng = numpy.random.default_rng(13)
    classes, width = 4, 6
    labels = numpy.repeat(numpy.arange(classes), [10, 14, 8, 12])
    centres = rng.normal(size=(classes, width)) * 2
    x = (centres[labels] + 0.4 * rng.normal(size=(len(labels), width))).astype("float32").round(3)
    exact = x.astype("float64")
    means = numpy.stack([exact[labels == c].mean(axis=0) for c in range(classes)])
    within = numpy.mean([numpy.cov(exact[labels == c].T, bias=True) for c in range(classes)], axis=0)
    away = means - means.mean(axis=0)
    between = away.T @ away / classes
    lengths = numpy.linalg.norm(away, axis=1)
    unit = away / lengths[:, None]
    pairs = numpy.tril_indices(classes, -1)
    kernel = rng.normal(size=(width, classes)).astype("float32").round(3)
    product = kernel.T.astype("float64") @ away.T
    simplex = (numpy.eye(classes) - 1 / classes) / numpy.sqrt(classes - 1)
    write(
        "collapse",
        {
            "x": x,
            "labels": labels,
            "kernel": kernel,
            "nc1": numpy.trace(within @ numpy.linalg.pinv(between, rcond=1e-10)) / classes,
            "length_variation": lengths.std(ddof=1) / lengths.mean(),
            "cosine": (unit @ unit.T)[pairs].mean(),
            "nc3": numpy.linalg.norm(product / numpy.linalg.norm(product) - simplex),
        },
        ("numpy",),
    )


if __name__ == "__main__":
    intrinsic_dimension()
    neighbours()
    collapse()
