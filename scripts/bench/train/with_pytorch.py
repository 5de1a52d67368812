"""PyTorch in channels_last, the memory format that it is fastest in on processors."""
import json
import resource
import sys
import time

import torch
from torch import nn

SIDE, CLASSES = 28, 10
task = json.loads(sys.argv[1])
batch, width = task["batchSize"], task["width"]

layers, channels = [], 1
for _ in range(task["depth"] - 1):
    layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    channels = width
net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES))
net = net.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
criterion = nn.CrossEntropyLoss()


def fit(steps):
    images = torch.rand(steps, batch, 1, SIDE, SIDE)
    labels = torch.randint(0, CLASSES, (steps, batch))
    started = time.perf_counter()
    for x, y in zip(images, labels):
        optimizer.zero_grad()
        loss = criterion(net(x.to(memory_format=torch.channels_last)), y)
        loss.backward()
        optimizer.step()
        loss.item()
    return time.perf_counter() - started


net.train()
fit(task["warmup"])
seconds = fit(task["steps"])
print(
    json.dumps(
        {
            "imagesPerSecond": batch * task["steps"] / seconds,
            "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "version": f"torch {torch.__version__}",
        }
    )
)
