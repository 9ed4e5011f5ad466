"""Writes values and gradients of compound layers, computed by PyTorch in double precision.

    /usr/bin/python3 tools/golden/gradients.py [FOLDER]

Needs Debian's python3-torch (1.13); the files in src/autodiff/golden are this script's output, so
that the tests need no Python. Each holds the tensors fed (name: shape and numbers), the output and
the gradient of the loss with respect to everything fed that is trained.
"""

import json
import pathlib
import sys

import torch
from torch.nn import functional

EPSILON = 1e-3


class Numbers:
    """Seeded tensors of three decimals, which files hold in few bytes and float32 nearly exactly."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape, deviation=1.0):
        values = torch.randn(*shape, generator=self.generator, dtype=torch.float64)
        return (values * deviation).mul(1000).round().div(1000)

    def uniform(self, low, high, *shape):
        values = torch.rand(*shape, generator=self.generator, dtype=torch.float64)
        return (low + values * (high - low)).mul(1000).round().div(1000)

    def labels(self, classes, *shape):
        """Classes, and 255 on about a fifth."""
        classes_of = torch.randint(0, classes, shape, generator=self.generator)
        ignored = torch.rand(*shape, generator=self.generator) < 0.2
        return torch.where(ignored, torch.full_like(classes_of, 255), classes_of)

    def norm(self, name, channels):
        """Scale and offset that put a good part of the values beyond both bounds of relu6."""
        return {
            f"{name}/gamma": self.uniform(1, 4, channels),
            f"{name}/beta": self.uniform(-1, 4, channels),
        }


def batch_norm(x, trained, name):
    return functional.batch_norm(
        x, None, None, trained[f"{name}/gamma"], trained[f"{name}/beta"], training=True, eps=EPSILON
    )


def conv_norm_relu6(numbers):
    trained = {
        "x": numbers.normal(2, 3, 9, 11),
        "conv/weights": numbers.normal(6, 3, 3, 3, deviation=0.3),
        **numbers.norm("conv", 6),
    }

    def run(t, _):
        y = functional.conv2d(t["x"], t["conv/weights"], stride=2, padding=1)
        return functional.relu6(batch_norm(y, t, "conv"))

    return trained, {"factors": numbers.normal(2, 6, 5, 6)}, run, weighted_sum


def inverted_residual(numbers):
    trained = {
        "x": numbers.normal(2, 4, 7, 8),
        "expand/weights": numbers.normal(10, 4, 1, 1, deviation=0.5),
        **numbers.norm("expand", 10),
        "depthwise/weights": numbers.normal(10, 1, 3, 3, deviation=0.3),
        **numbers.norm("depthwise", 10),
        "project/weights": numbers.normal(4, 10, 1, 1, deviation=0.3),
        **numbers.norm("project", 4),
    }

    def run(t, _):
        y = functional.conv2d(t["x"], t["expand/weights"])
        y = functional.relu6(batch_norm(y, t, "expand"))
        y = functional.conv2d(y, t["depthwise/weights"], padding=2, dilation=2, groups=10)
        y = functional.relu6(batch_norm(y, t, "depthwise"))
        y = functional.conv2d(y, t["project/weights"])
        return t["x"] + batch_norm(y, t, "project")

    return trained, {"factors": numbers.normal(2, 4, 7, 8)}, run, weighted_sum


def aspp(numbers):
    trained = {
        "x": numbers.normal(4, 5, 5, 6),
        "aspp0/weights": numbers.normal(3, 5, 1, 1, deviation=0.5),
        **numbers.norm("aspp0", 3),
        "aspp1/weights": numbers.normal(3, 5, 3, 3, deviation=0.3),
        **numbers.norm("aspp1", 3),
        "pooling/weights": numbers.normal(3, 5, 1, 1),
        **numbers.norm("pooling", 3),
        "projection/weights": numbers.normal(2, 9, 1, 1, deviation=0.3),
        **numbers.norm("projection", 2),
    }

    def run(t, _):
        def block(x, name, **settings):
            y = functional.conv2d(x, t[f"{name}/weights"], **settings)
            return functional.relu(batch_norm(y, t, name))

        size = t["x"].shape[2:]
        pooled = block(functional.adaptive_avg_pool2d(t["x"], 1), "pooling")
        branches = [
            block(t["x"], "aspp0"),
            block(t["x"], "aspp1", padding=3, dilation=3),
            functional.interpolate(pooled, size=size, mode="bilinear", align_corners=True),
        ]
        y = block(torch.cat(branches, dim=1), "projection")
        return functional.interpolate(y, size=(9, 11), mode="bilinear", align_corners=True)

    return trained, {"factors": numbers.normal(4, 2, 9, 11)}, run, weighted_sum


def cross_entropy(numbers):
    trained = {"x": numbers.normal(2, 5, 4, 5, deviation=2)}
    fed = {"labels": numbers.labels(5, 2, 9, 11), "weights": numbers.uniform(0.2, 3, 5)}

    def run(t, _):
        return functional.interpolate(t["x"], size=(9, 11), mode="bilinear", align_corners=True)

    def loss(logits, fed):
        return functional.cross_entropy(logits, fed["labels"], fed["weights"], ignore_index=255)

    return trained, fed, run, loss


def dice(numbers):
    trained = {"x": numbers.normal(2, 4, 6, 7, deviation=2)}
    fed = {"labels": numbers.labels(4, 2, 6, 7)}

    def run(t, _):
        return functional.softmax(t["x"], dim=1)

    def loss(probabilities, fed):
        known = (fed["labels"] != 255).unsqueeze(1)
        classes = torch.arange(4).reshape(1, 4, 1, 1)
        truth = (fed["labels"].unsqueeze(1) == classes).double()
        p = probabilities * known
        axes = (0, 2, 3)
        overlap = 2 * (p * truth).sum(axes) + 1
        return (1 - overlap / (p.sum(axes) + truth.sum(axes) + 1)).mean()

    return trained, fed, run, loss


def weighted_sum(output, fed):
    return (output * fed["factors"]).sum()


def record(tensor):
    """Shape and numbers as text: one line each, whatever formatters do to lists."""
    numbers = tensor.detach().reshape(-1).tolist()
    return {
        "shape": " ".join(str(size) for size in tensor.shape),
        "values": " ".join(f"{number:.7g}" for number in numbers),
    }


def golden(layer, seed):
    trained, fed, run, loss_of = layer(Numbers(seed))
    for tensor in trained.values():
        tensor.requires_grad_()
    output = run(trained, fed)
    loss = loss_of(output, fed)
    loss.backward()
    return {
        "trained": {name: record(tensor) for name, tensor in trained.items()},
        "fed": {name: record(tensor) for name, tensor in fed.items()},
        "output": record(output),
        "loss": record(loss),
        "gradients": {name: record(tensor.grad) for name, tensor in trained.items()},
    }


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "src/autodiff/golden"
    folder.mkdir(parents=True, exist_ok=True)
    layers = [conv_norm_relu6, inverted_residual, aspp, cross_entropy, dice]
    for seed, layer in enumerate(layers):
        file = folder / f"{layer.__name__.replace('_', '-')}.json"
        file.write_text(json.dumps(golden(layer, seed), indent=2) + "\n")
        print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
