"""Golden values of norms of convolutions: numpy's FFT for circular padding, the dense matrix for zero padding and strides.

Run in a virtual environment with numpy and scipy, from the root of the repository:

    python test/golden/norms.py && npm run format
"""

import numpy
from scipy.signal import correlate2d

from common import write


def dense(kernel, size, stride):
    """Matrix of a correlation with TensorFlow's `same` padding: an odd kernel is centred where the stride is 1."""
    kh, kw, inputs, outputs = kernel.shape
    height, width = size
    total = [max((-(-n // stride) - 1) * stride + k - n, 0) for n, k in ((height, kh), (width, kw))]
    columns = []
    for cell in range(height * width * inputs):
        image = numpy.zeros(height * width * inputs)
        image[cell] = 1
        image = image.reshape(height, width, inputs)
        padded = numpy.pad(image, [(t // 2, t - t // 2) for t in total] + [(0, 0)])
        maps = [
            sum(correlate2d(padded[:, :, i], kernel[:, :, i, o], mode="valid") for i in range(inputs))
            for o in range(outputs)
        ]
        columns.append(numpy.stack(maps, -1)[::stride, ::stride].ravel())
    return numpy.array(columns).T


def main():
    rng = numpy.random.default_rng(41)
    cases = []
    for shape, size in (((3, 3, 3, 4), (8, 8)), ((3, 3, 2, 2), (5, 7)), ((1, 3, 4, 3), (6, 6))):
        kernel = rng.normal(size=shape).astype("float32").round(3)
        exact = kernel.astype("float64")
        transform = numpy.fft.fft2(exact, size, axes=[0, 1])
        cases.append(
            {
                "shape": shape,
                "size": size,
                "kernel": kernel.ravel(),
                "circular": numpy.linalg.svd(transform, compute_uv=False).max(),
                "zero_padded": numpy.linalg.norm(dense(exact, size, 1), 2),
                "strided": numpy.linalg.norm(dense(exact, size, 2), 2),
                "reshaped": numpy.linalg.norm(exact.reshape(-1, shape[-1]), 2),
            }
        )
    write("norms", {"cases": cases}, ("numpy", "scipy"))


if __name__ == "__main__":
    main()
