"""Golden values of mean-field theory, by scipy's adaptive quadrature.

Run in a virtual environment with numpy and scipy, from the root of the repository:

    python test/golden/meanfield.py && npm run format
"""

import numpy
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

from common import write

ACTIVATIONS = {
    "tanh": (numpy.tanh, lambda x: 1 - numpy.tanh(x) ** 2, []),
    "hard-tanh": (lambda x: max(-1, min(1, x)), lambda x: float(abs(x) < 1), [-1, 1]),
    "gelu": (lambda x: x * norm.cdf(x), lambda x: norm.cdf(x) + x * norm.pdf(x), []),
    "swish": (lambda x: x * expit(x), lambda x: expit(x) * (1 + x * (1 - expit(x))), []),
}


def mean(f, q, corners):
    root = numpy.sqrt(q)
    points = [c / root for c in corners if abs(c / root) < 12] or None
    return quad(lambda z: f(root * z) ** 2 * norm.pdf(z), -12, 12, points=points, epsabs=1e-12, limit=200)[0]


def fixed(name, weight, bias):
    value, slope, corners = ACTIVATIONS[name]
    step = lambda q: weight * mean(value, q, corners) + bias - q
    q = brentq(step, 1e-6, 50, xtol=1e-13)
    return q, weight * mean(slope, q, corners)


def main():
    cases = []
    for name, weight, bias in (
        ("tanh", 1.0, 0.05),
        ("tanh", 2.0, 0.05),
        ("tanh", 4.0, 0.05),
        ("hard-tanh", 2.0, 0.0),
        ("hard-tanh", 8.0, 0.1),
        ("gelu", 1.5, 0.1),
        ("swish", 1.8, 0.1),
    ):
        q, chi = fixed(name, weight, bias)
        cases.append({"activation": name, "weight": weight, "bias": bias, "q": q, "chi": chi})
    critical = brentq(lambda w: fixed("tanh", w, 0.05)[1] - 1, 1.2, 3, xtol=1e-12)
    write("meanfield", {"cases": cases, "tanh_critical": critical}, ("numpy", "scipy"))


if __name__ == "__main__":
    main()
