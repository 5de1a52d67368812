"""The Python side of `npm run bench -- measures`: values and seconds of independent packages on the arrays of a folder."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
shapes = json.loads((folder / "shapes.json").read_text())


def array(name):
    return numpy.fromfile(folder / f"{name}.f32", dtype="float32").reshape(shapes[name])


def two_nn(x):
    import skdim

    return skdim.id.TwoNN(discard_fraction=0.1).fit(x.astype("float64")).dimension_


def mle(x):
    import skdim

    return skdim.id.MLE(K=20, neighborhood_based=True).fit(x.astype("float64"), n_neighbors=20, comb="mle").dimension_


def participation(x):
    values = numpy.linalg.eigvalsh(numpy.cov(x.astype("float64").T))
    return values.sum() ** 2 / (values**2).sum()


def neighbours(x):
    from sklearn.neighbors import NearestNeighbors

    half = len(x) // 2
    found = NearestNeighbors(n_neighbors=30, algorithm="brute").fit(x[:half])
    return found.kneighbors(x[half:])[0].mean()


def ridge(x):
    from sklearn.linear_model import RidgeClassifier
    from sklearn.preprocessing import StandardScaler

    labels = numpy.arange(len(x)) % 10
    scaled = StandardScaler().fit_transform(x.astype("float64"))
    return RidgeClassifier(alpha=0.01 * len(x), solver="cholesky").fit(scaled, labels).score(scaled, labels)


def loops(x):
    from ripser import ripser

    return float((numpy.diff(ripser(x, maxdim=1)["dgms"][1], axis=1)).max())


def circular(kernel):
    transform = numpy.fft.fft2(kernel.astype("float64"), (28, 28), axes=[0, 1])
    return numpy.linalg.svd(transform, compute_uv=False).max()


def tail(values):
    import powerlaw

    return powerlaw.Fit(values.astype("float64"), verbose=False, parameter_ranges={"alpha": [1, 20]}).power_law.alpha


def rsa(x):
    import rsatoolbox

    half = x.shape[1] // 2
    rdms = [
        rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(each.astype("float64")), method="correlation")
        for each in (x[:, :half], x[:, half:])
    ]
    return float(rsatoolbox.rdm.compare(rdms[0], rdms[1], method="spearman")[0, 0])


jobs = {
    "two_nn": (two_nn, "cloud"),
    "mle": (mle, "cloud"),
    "participation": (participation, "cloud"),
    "neighbours": (neighbours, "cloud"),
    "ridge": (ridge, "cloud"),
    "loops": (loops, "points"),
    "circular": (circular, "kernel"),
    "tail": (tail, "values"),
    "rsa": (rsa, "images"),
}
rounds = int(sys.argv[2])
results = {}
for name, (job, data) in jobs.items():
    x = array(data)
    # The first call loads the package.
    value = job(x)
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        job(x)
        seconds.append(time.perf_counter() - start)
    results[name] = {"value": float(value), "seconds": sorted(seconds)[rounds // 2]}
print(json.dumps(results))
