"""Keras 3 on TensorFlow (no file here may be called keras.py): the same net, compiled and fitted as its guide does."""
import json
import os
import resource
import sys
import time

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

SIDE, CLASSES = 28, 10
task = json.loads(sys.argv[1])
batch = task["batchSize"]

net = keras.Sequential([keras.Input((SIDE, SIDE, 1))])
for _ in range(task["depth"] - 1):
    net.add(keras.layers.Conv2D(task["width"], 3, padding="same", use_bias=False, kernel_initializer="he_normal"))
    net.add(keras.layers.BatchNormalization())
    net.add(keras.layers.ReLU())
net.add(keras.layers.GlobalAveragePooling2D())
net.add(keras.layers.Dense(CLASSES))
net.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))


class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self.started


def fit(steps):
    clock = Clock()
    images = np.random.rand(steps * batch, SIDE, SIDE, 1).astype("float32")
    labels = np.random.randint(0, CLASSES, steps * batch).astype("int32")
    net.fit(images, labels, batch_size=batch, epochs=1, verbose=0, callbacks=[clock])
    return clock.seconds


fit(task["warmup"])
seconds = fit(task["steps"])
print(
    json.dumps(
        {
            "imagesPerSecond": batch * task["steps"] / seconds,
            "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "version": f"keras {keras.__version__}, tensorflow {tf.__version__}",
        }
    )
)
