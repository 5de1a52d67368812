"""Golden values of similarity indices, from torch_cka, scipy, rsatoolbox and numpy.

Run in a virtual environment with torch, torch_cka, rsatoolbox and scipy, from the root of the repository:

    python test/golden/similarity.py && npm run format
"""

import numpy
import rsatoolbox
import torch
from scipy.linalg import subspace_angles
from scipy.spatial import procrustes
from torch_cka import CKA

from common import write


torch.set_default_dtype(torch.float64)


def hsic(k, l):
    cka = CKA.__new__(CKA)
    cka.device = "cpu"
    k, l = (torch.tensor(each).clone().fill_diagonal_(0) for each in (k, l))
    return CKA._HSIC(cka, k, l)


def unbiased(batches):
    """Mean of HSIC over batches, then the ratio, as torch_cka's compare() does over a loader."""
    both = numpy.mean([hsic(x @ x.T, y @ y.T) for x, y in batches])
    own = numpy.mean([hsic(x @ x.T, x @ x.T) for x, _ in batches])
    other = numpy.mean([hsic(y @ y.T, y @ y.T) for _, y in batches])
    return both / numpy.sqrt(own * other)


def spearman(x, y):
    rdms = [
        rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(each), method="correlation") for each in (x, y)
    ]
    return rsatoolbox.rdm.compare(rdms[0], rdms[1], method="spearman")[0, 0]


def main():
    rng = numpy.random.default_rng(21)
    n = 40
    shared = rng.normal(size=(n, 3))
    cases = []
    for p, q, noise in ((6, 8, 0.3), (5, 60, 1.0), (50, 7, 3.0)):
        x, y = (
            (shared @ rng.normal(size=(3, width)) + noise * rng.normal(size=(n, width)) + 1)
            .astype("float32")
            .round(2)
            .astype("float64")
            for width in (p, q)
        )
        xc, yc = x - x.mean(axis=0), y - y.mean(axis=0)
        kept = []
        for each in (xc, yc):
            u, s, _ = numpy.linalg.svd(each, full_matrices=False)
            # At most one direction for 5 rows: with more, chance alone gives correlations near 1.
            count = min(n // 5, 1 + numpy.searchsorted(numpy.cumsum(s), 0.99 * s.sum()))
            kept.append(u[:, :count])
        angles = subspace_angles(kept[0], kept[1])
        correlations = numpy.sort(numpy.cos(angles))[::-1]
        u, _, _ = numpy.linalg.svd(kept[0].T @ kept[1])
        directions = (kept[0] @ u)[:, : len(correlations)]
        weights = numpy.abs(directions.T @ xc).sum(axis=1)
        # procrustes() wants equal widths; columns of zeros change nothing.
        wide = max(p, q)
        padded = [numpy.pad(each, ((0, 0), (0, wide - each.shape[1]))) for each in (x, y)]
        cases.append(
            {
                "x": x,
                "y": y,
                "CKA": numpy.linalg.norm(yc.T @ xc) ** 2
                / (numpy.linalg.norm(xc.T @ xc) * numpy.linalg.norm(yc.T @ yc)),
                "unbiased CKA": unbiased([(x, y)]),
                "minibatch CKA": unbiased([(x[i : i + 10], y[i : i + 10]) for i in range(0, n, 10)]),
                "SVCCA": correlations.mean(),
                "PWCCA": (weights * correlations).sum() / weights.sum(),
                "Procrustes": numpy.sqrt(1 - procrustes(*padded)[2]),
                "RSA": spearman(x, y),
            }
        )
    write("similarity", {"cases": cases}, ("numpy", "scipy", "torch", "torch_cka", "rsatoolbox"))


if __name__ == "__main__":
    main()
