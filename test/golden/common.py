"""What the scripts that make golden values share: plain JSON with the versions of the packages that made it."""

import importlib.metadata
import json
import platform
from pathlib import Path

import numpy

HERE = Path(__file__).parent


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, numpy.ndarray):
        return plain(value.tolist())
    if isinstance(value, numpy.generic):
        return plain(value.item())
    return value


def write(name, content, packages=("numpy", "scipy", "scikit-learn")):
    versions = {"python": platform.python_version()}
    versions |= {package: importlib.metadata.version(package) for package in packages}
    text = json.dumps({"versions": versions, **plain(content)}, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n")
