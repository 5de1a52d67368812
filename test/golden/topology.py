"""Golden values of persistent homology and of power-law fits, from ripser, persim and powerlaw.

Run in a virtual environment with ripser, persim and powerlaw, from the root of the repository:

    python test/golden/topology.py && npm run format
"""

import numpy
import persim
import powerlaw
from ripser import ripser

from common import write


def bars(dgm):
    return [[float(b), None if numpy.isinf(d) else float(d)] for b, d in dgm]


def main():
    rng = numpy.random.default_rng(31)
    angle = rng.uniform(0, 2 * numpy.pi, 30)
    clouds = {
        "noisy circle": numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1) + 0.1 * rng.normal(size=(30, 2)),
        "Gaussian in 9 dimensions": rng.normal(size=(45, 9)),
        "two circles": numpy.concatenate(
            [
                numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)[:20] + 0.05 * rng.normal(size=(20, 2)),
                0.5 * numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)[10:] + [3, 0],
            ]
        ),
        "grid with ties": numpy.stack(numpy.meshgrid(range(5), range(5)), -1).reshape(-1, 2).astype(float),
    }
    cases = []
    for name, x in clouds.items():
        x = x.round(3)
        zero, one = ripser(x.astype("float64"), maxdim=1)["dgms"]
        cases.append({"name": name, "x": x, "components": bars(zero), "loops": bars(one)})
    diagrams = [numpy.array(case["loops"], dtype=float) for case in cases[:3]]
    distances = [
        {
            "a": a,
            "b": b,
            "bottleneck": persim.bottleneck(diagrams[a], diagrams[b]),
            "wasserstein": persim.wasserstein(diagrams[a], diagrams[b]),
        }
        for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    tails = []
    for alpha in (2.0, 3.0, 4.0):
        values = (rng.pareto(alpha - 1, 300) + 1).round(4)
        fit = powerlaw.Fit(values, verbose=False, parameter_ranges={"alpha": [1, 20]})
        tails.append({"values": values, "alpha": fit.power_law.alpha, "xmin": fit.power_law.xmin, "D": fit.power_law.D})
    write("topology", {"cases": cases, "distances": distances, "tails": tails}, ("numpy", "ripser", "persim", "powerlaw"))


if __name__ == "__main__":
    main()
