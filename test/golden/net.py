"""Golden values of one small net from torch's autograd and linear algebra, scikit-learn, numpy's FFT and antropy.

The net has what conventions differ on: images that are not square, channels last, a stride that pads on one side only, batch
normalisation, a convolution of one channel. torch has no such measures; they are composed here from its derivatives, singular values
and pseudo-inverse, and share no code with ours.

Run in a virtual environment with torch, scikit-learn and antropy, from the root of the repository:

    python test/golden/net.py && npm run format
"""

import antropy
import numpy
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestCentroid
from torch.nn.functional import batch_norm, conv2d, cross_entropy, pad

from common import HERE, write

import json

torch.set_default_dtype(torch.float64)
SIZE = (6, 7, 2)
EPSILON = 1e-3


def weights(rng):
    """Layout of TensorFlow: kernels (h, w, in, out). Rounded so that single precision holds what is written."""
    def draw(*shape, scale=1.0, shift=0.0):
        return (shift + scale * rng.normal(size=shape)).round(3)

    return {
        "first": draw(3, 3, 2, 4, scale=0.4),
        "gamma": draw(4, scale=0.2, shift=1),
        "beta": draw(4, scale=0.3),
        "mean": draw(4, scale=0.3),
        "variance": draw(4, scale=0.1, shift=1),
        "second": draw(3, 3, 4, 3, scale=0.3),
        "second_bias": draw(3, scale=0.1),
        "third": draw(3, 3, 3, 1, scale=0.4),
        "third_bias": draw(1, scale=0.1, shift=0.3),
        "dense": draw(12, 3),
        "dense_bias": draw(3),
    }


def torched(values):
    return {name: torch.tensor(value) for name, value in values.items()}


def kernel_of(kernel):
    return kernel.permute(3, 2, 0, 1)


def net(w, x, statistics=None, keep=None):
    """Logits of images (n, height, width, channels). `statistics`: images that batch normalisation takes its mean and variance of."""
    def first(images):
        return conv2d(images.permute(0, 3, 1, 2), kernel_of(w["first"]), padding=1)

    mean, variance = w["mean"], w["variance"]
    if statistics is not None:
        seen = first(statistics)
        mean, variance = seen.mean(dim=(0, 2, 3)), seen.var(dim=(0, 2, 3), unbiased=False)
    one = torch.relu(batch_norm(first(x), mean, variance, w["gamma"], w["beta"], eps=EPSILON))
    # 6 → 3 rows: one row of padding, at the end; 7 → 4 columns: one on either side.
    two = torch.relu(conv2d(pad(one, (1, 1, 0, 1)), kernel_of(w["second"]), w["second_bias"], stride=2))
    three = torch.relu(conv2d(two, kernel_of(w["third"]), w["third_bias"], padding=1))
    if keep is not None:
        keep += [one, two, three]
    return three.permute(0, 2, 3, 1).reshape(len(x), -1) @ w["dense"] + w["dense_bias"]


def jacobians(w, x):
    def of(image, outputs):
        return torch.func.jacrev(lambda each: outputs(net(w, each[None]))[0])(image).reshape(3, -1)

    logits = [of(image, lambda y: y) for image in x]
    softmax = [of(image, lambda y: torch.softmax(y, 1)) for image in x]
    return {
        "logits": [j.norm().item() for j in logits],
        "softmax": [j.norm().item() for j in softmax],
        "largest": [torch.linalg.svdvals(j)[0].item() for j in logits],
        "cosine": mean_cosine(torch.stack([j[0] for j in logits])),
    }


def mean_cosine(gradients):
    unit = gradients / gradients.norm(dim=1, keepdim=True)
    pairs = torch.tril_indices(len(unit), len(unit), -1)
    return (unit @ unit.T)[pairs[0], pairs[1]].mean().item()


def folded(w):
    scale = w["gamma"] / torch.sqrt(w["variance"] + EPSILON)
    return w["first"] * scale, w["beta"] - w["mean"] * scale


def layers(w):
    """Each layer's linear map, unrolled by autograd."""
    first, offset = folded(w)
    return [
        (lambda x: conv2d(x, kernel_of(first), padding=1), (2, 6, 7), first),
        (lambda x: conv2d(pad(x, (1, 1, 0, 1)), kernel_of(w["second"]), stride=2), (4, 6, 7), w["second"]),
        (lambda x: conv2d(x, kernel_of(w["third"]), padding=1), (3, 3, 4), w["third"]),
        (lambda x: x.reshape(1, -1) @ w["dense"], (12,), w["dense"]),
    ]


def norms(w, margins):
    spectral, frobenius, lengths = [], [], []
    for apply, shape, kernel in layers(w):
        matrix = torch.func.jacrev(lambda x: apply(x[None])[0])(torch.zeros(shape))
        matrix = matrix.reshape(-1, int(numpy.prod(shape)))
        spectral.append(torch.linalg.svdvals(matrix)[0].item())
        frobenius.append((kernel**2).sum().item())
        lengths.append(kernel.reshape(-1, kernel.shape[-1]).norm(dim=0).sum().item())
    spectral, lengths = numpy.array(spectral), numpy.array(lengths)
    first, offset = folded(w)
    y = conv2d(torch.ones(1, 2, 6, 7), kernel_of(first**2), offset**2, padding=1)
    y = conv2d(pad(y, (1, 1, 0, 1)), kernel_of(w["second"] ** 2), w["second_bias"] ** 2, stride=2)
    y = conv2d(y, kernel_of(w["third"] ** 2), w["third_bias"] ** 2, padding=1)
    y = y.permute(0, 2, 3, 1).reshape(1, -1) @ w["dense"] ** 2 + w["dense_bias"] ** 2
    return {
        "spectral": spectral,
        "log10_spectral_product": 2 * numpy.log10(spectral).sum(),
        "log10_frobenius_product": numpy.log10(frobenius).sum(),
        "frobenius_over_spectral": (numpy.array(frobenius) / spectral**2).sum(),
        "log10_path_norm": numpy.log10(y.sum().item()),
        "log10_bartlett": numpy.log10(spectral.prod() * ((lengths / spectral) ** (2 / 3)).sum() ** 1.5),
        "margin": numpy.quantile(margins, 0.1),
    }


def gates(w, x):
    """Entropy of the gating states by scikit-learn's Gaussian kernel; all layers together by the product of their kernels."""
    keep = []
    net(w, x, keep=keep)
    bits = [(layer > 0).reshape(len(x), -1).numpy().astype(float) for layer in keep]
    units = sum(layer.shape[1] for layer in bits)

    def entropy(kernel):
        return -numpy.log2(kernel.mean(axis=1)).mean()

    return {
        "layers": [entropy(rbf_kernel(b, gamma=1 / (2 * 0.04 * b.shape[1]))) for b in bits],
        "all": entropy(numpy.prod([rbf_kernel(b, gamma=1 / (2 * 0.04 * units)) for b in bits], axis=0)),
    }


def field(w, x):
    """Mean |∂y/∂x| of the middle unit of the layer of one channel, over images and channels."""
    def middle(images):
        keep = []
        net(w, images, keep=keep)
        return keep[2][:, 0, 1, 2].sum()

    gradient = torch.func.grad(middle)(x).abs().mean(dim=(0, 3)).numpy()
    share = gradient / gradient.sum()
    rows, columns = numpy.indices(share.shape)
    variance = [(share * (axis - (share * axis).sum()) ** 2).sum() for axis in (rows, columns)]
    return {
        "map": gradient / gradient.max(),
        "sigma": numpy.sqrt(numpy.mean(variance)),
        "across": numpy.sqrt((gradient > 0.0455 * gradient.max()).sum()),
    }


def way(a, b, x, y):
    """Losses on the straight line from one net to another, batch statistics of all images at each point."""
    losses = []
    for share in numpy.linspace(0, 1, 5):
        w = {name: (1 - share) * a[name] + share * b[name] for name in a}
        losses.append(cross_entropy(net(w, x, statistics=x), y).item())
    line = [(1 - share) * losses[0] + share * losses[-1] for share in numpy.linspace(0, 1, 5)]
    return {"losses": losses, "barrier": max(numpy.subtract(losses, line)[1:-1])}


def collapse():
    """NC1 of the points of collapse.json by scikit-learn's covariance within classes and torch's pseudo-inverse; NC4 by its nearest centroid."""
    given = json.loads((HERE / "collapse.json").read_text())
    x, labels = numpy.array(given["x"]), numpy.array(given["labels"])
    classes = len(set(labels.tolist()))
    model = LinearDiscriminantAnalysis(solver="eigen", store_covariance=True, priors=numpy.full(classes, 1 / classes))
    model.fit(x, labels)
    means = model.means_ - model.means_.mean(axis=0)
    between = torch.tensor(means.T @ means / classes)
    inverse = torch.linalg.pinv(between, rtol=1e-10)
    answers = numpy.arange(len(labels)) % classes
    return {
        "nc1": torch.trace(torch.tensor(model.covariance_) @ inverse).item() / classes,
        "answers": answers,
        "nc4": (NearestCentroid().fit(x, labels).predict(x) != answers).mean(),
    }


def words(rng):
    texts = ["0001101001000101", "0" * 32, "01" * 20]
    texts += ["".join(rng.choice(["0", "1"], size=n, p=[p, 1 - p])) for n, p in ((64, 0.5), (128, 0.5), (128, 0.9), (300, 0.7))]
    return [{"text": text, "words": antropy.lziv_complexity(text, normalize=False)} for text in texts]


def spectra(rng):
    cases = []
    for count in (9, 16, 30):
        signal = rng.normal(size=(count, 2)).astype("float32").round(3)
        energies = (numpy.abs(numpy.fft.fft(signal.astype("float64"), axis=0)) ** 2).sum(axis=1)
        # Half of the energy at ±k is that at k; half a cycle a point is its own opposite.
        one_sided = energies[1 : count // 2 + 1].copy()
        if count % 2 == 0:
            one_sided[-1] /= 2
        cases.append({"signal": signal, "energies": one_sided})
    return cases


def main():
    rng = numpy.random.default_rng(71)
    first, second = weights(rng), weights(rng)
    images = rng.uniform(size=(12, *SIZE)).round(3)
    labels = rng.integers(0, 3, 12)
    x, y = torch.tensor(images), torch.tensor(labels)
    w = torched(first)
    logits = net(w, x)
    right = logits.gather(1, y[:, None])[:, 0]
    others = logits.scatter(1, y[:, None], -torch.inf).max(dim=1).values
    write(
        "net",
        {
            "epsilon": EPSILON,
            "weights": first,
            "others": second,
            "images": images,
            "labels": labels,
            "logits": logits.numpy(),
            "jacobian": jacobians(w, x),
            "norms": norms(w, (right - others).numpy()),
            "gates": gates(w, x),
            "field": field(w, x),
            "way": way(w, torched(second), x, y),
            "collapse": collapse(),
            "words": words(rng),
            "spectra": spectra(rng),
        },
        ("numpy", "torch", "scikit-learn", "antropy"),
    )


if __name__ == "__main__":
    main()
