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


def gates(bits):
    from sklearn.metrics.pairwise import rbf_kernel

    kernel = rbf_kernel(bits.astype("float64"), gamma=1 / (2 * 0.04 * bits.shape[1]))
    return -numpy.log2(kernel.mean(axis=1)).mean()


def collapse(x):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    x, labels = x[:, :128].astype("float64"), numpy.arange(len(x)) % 10
    model = LinearDiscriminantAnalysis(solver="eigen", store_covariance=True, priors=numpy.full(10, 0.1)).fit(x, labels)
    means = model.means_ - model.means_.mean(axis=0)
    return numpy.trace(model.covariance_ @ numpy.linalg.pinv(means.T @ means / 10, rcond=1e-10)) / 10


def words(bits):
    import antropy

    return antropy.lziv_complexity("".join("01"[int(bit)] for bit in bits.ravel()[:20000]), normalize=False)


def game(values):
    import shapiq

    players = 10
    rows = values[: 2**players]

    def play(coalitions):
        return rows[coalitions @ (1 << numpy.arange(players))]

    shapley = shapiq.ExactComputer(play, players)("SV", order=1)
    return float(shapley[(0,)])


def q_star(_):
    from scipy.integrate import quad
    from scipy.optimize import brentq

    def step(q):
        return 2 * quad(lambda z: numpy.tanh(numpy.sqrt(q) * z) ** 2 * numpy.exp(-z * z / 2) / numpy.sqrt(2 * numpy.pi), -12, 12)[0] + 0.05

    return brentq(lambda q: step(q) - q, 1e-6, 10, xtol=1e-12)


def frequency(curve):
    energies = (numpy.abs(numpy.fft.fft(curve.astype("float64"), axis=0)) ** 2).sum(axis=1)
    energies = energies[1 : len(curve) // 2 + 1]
    energies[-1] /= 2
    return (energies * numpy.arange(1, len(energies) + 1)).sum() / energies.sum()


jobs = {
    "gates": (gates, "bits"),
    "collapse": (collapse, "cloud"),
    "words": (words, "bits"),
    "game": (game, "game"),
    "q_star": (q_star, "values"),
    "frequency": (frequency, "curve"),
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
