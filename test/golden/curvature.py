"""Golden values of the Hessian of a small net's loss, from PyHessian and from torch's full Hessian.

Run in a virtual environment with torch and pyhessian, from the root of the repository:

    python test/golden/curvature.py && npm run format
"""

import numpy
import torch
from pyhessian import hessian
from torch import nn

from common import write

torch.set_default_dtype(torch.float64)


def main():
    torch.manual_seed(3)
    rng = numpy.random.default_rng(51)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False),
        nn.BatchNorm2d(2, eps=1e-3),
        nn.ReLU(),
        nn.AvgPool2d(3),
        nn.Flatten(),
        nn.Linear(2, 3),
    ).eval()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.tensor(rng.normal(size=tuple(p.shape)).round(2)))
        net[1].running_mean.copy_(torch.tensor([0.3, -0.2]))
        net[1].running_var.copy_(torch.tensor([1.5, 0.7]))
    images = rng.uniform(size=(12, 1, 5, 5)).round(3)
    labels = rng.integers(0, 3, 12)
    x, y = torch.tensor(images), torch.tensor(labels)

    names = [name for name, _ in net.named_parameters()]
    shapes = [p.shape for p in net.parameters()]
    flat = torch.cat([p.detach().reshape(-1) for p in net.parameters()])

    def loss(vector):
        parts, at = {}, 0
        for name, shape in zip(names, shapes):
            parts[name] = vector[at : at + shape.numel()].reshape(shape)
            at += shape.numel()
        return nn.functional.cross_entropy(torch.func.functional_call(net, parts, (x,)), y)

    full = torch.autograd.functional.hessian(loss, flat).numpy()
    # The same in the order and layout of TensorFlow: kernel (h, w, in, out), gamma, beta, kernel (in, out), bias.
    index, at, order = {}, 0, []
    for name, shape in zip(names, shapes):
        index[name] = numpy.arange(at, at + shape.numel()).reshape(shape)
        at += shape.numel()
    order = numpy.concatenate(
        [
            index["0.weight"].transpose(2, 3, 1, 0).ravel(),
            index["1.weight"].ravel(),
            index["1.bias"].ravel(),
            index["5.weight"].T.ravel(),
            index["5.bias"].ravel(),
        ]
    )
    other = hessian(net, nn.CrossEntropyLoss(), data=(x, y), cuda=False)
    top = other.eigenvalues(maxIter=1000, tol=1e-8)[0][0]
    state = {name: p.detach().numpy() for name, p in net.named_parameters()}
    write(
        "curvature",
        {
            "images": images.transpose(0, 2, 3, 1),
            "labels": labels,
            "kernel": state["0.weight"].transpose(2, 3, 1, 0),
            "gamma": state["1.weight"],
            "beta": state["1.bias"],
            "mean": net[1].running_mean.numpy(),
            "variance": net[1].running_var.numpy(),
            "dense": state["5.weight"].T,
            "bias": state["5.bias"],
            "loss": loss(flat).item(),
            "hessian": full[numpy.ix_(order, order)].round(9),
            "eigenvalues": numpy.linalg.eigvalsh(full),
            "pyhessian_top": top,
        },
        ("numpy", "torch", "pyhessian"),
    )


if __name__ == "__main__":
    main()
