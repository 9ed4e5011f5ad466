"""Writes what torchvision's segmentation networks compute with weights that a formula gives.

    /usr/bin/python3 tools/golden/torchvision.py [FOLDER]

Needs Debian's python3-torchvision (0.14); nothing is downloaded. The files in
src/weights/torchvision/golden are this script's output, so that the tests need no Python. Each holds
the names and shapes of a state dict, the size of a picture, multiply-adds of the convolutions there,
and every so many-th of the logits, computed in double precision. Weights and picture are not stored:
both sides compute them from name and index (`numbers`).
"""

import json
import math
import pathlib
import sys

import numpy
import torch

# This file has the library's name and would be found before it.
sys.path = [path for path in sys.path if pathlib.Path(path) != pathlib.Path(__file__).parent]

from torchvision.models import segmentation  # noqa: E402

# Width and height of pictures by output stride: wide enough for the largest atrous rate to meet
# pixels, odd along the width at every stride and even along the height, for other paddings to show.
SIZES = {8: (297, 48), 16: (593, 48)}

SAMPLES = 256


def numbers(name, shape, centre, spread):
    """centre + spread (2 u - 1), u from 0 to 1 by a hash of the name and the element's index.

    The name's hash is FNV-1a, the integers are mixed by lowbias32
    (github.com/skeeto/hash-prospector); all of it is exact in double precision but for the last step
    to float32.
    """
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = numpy.arange(math.prod(shape), dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
    x += numpy.uint32(seed)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x7FEB352D)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(0x846CA68B)
    x ^= x >> numpy.uint32(16)
    unit = (x >> numpy.uint32(8)).astype(numpy.float64) / 2**24
    values = (centre + spread * (2 * unit - 1)).astype(numpy.float32)
    return torch.from_numpy(values.reshape(shape).astype(numpy.float64))


def weights(name, shape):
    """Such that activations neither vanish nor saturate gates, which would magnify rounding."""
    if name.endswith("running_var"):
        return numbers(name, shape, 1, 0.5)
    if name.endswith("running_mean") or name.endswith("bias"):
        return numbers(name, shape, 0, 0.3)
    if len(shape) == 1:
        return numbers(name, shape, 1, 0.3)
    return numbers(name, shape, 0, math.sqrt(4.5 / math.prod(shape[1:])))


def count_multiply_adds(model, total):
    """Multiplications by padding included, the auxiliary head not."""

    def count(module, _, output):
        total[0] += output.numel() * math.prod(module.weight.shape[1:])

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d) and not name.startswith("aux_classifier"):
            module.register_forward_hook(count)


def golden(model, width, height):
    model = model.double().eval()
    state = {
        name: tuple(tensor.shape)
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    filled = {name: weights(name, shape) for name, shape in state.items()}
    problems = model.load_state_dict(filled, strict=False)
    assert not problems.unexpected_keys
    total = [0]
    count_multiply_adds(model, total)
    with torch.no_grad():
        logits = model(numbers("image", (1, 3, height, width), 0, 1))["out"]
    every = logits.numel() // SAMPLES
    samples = logits.reshape(-1)[::every].tolist()
    return {
        "width": width,
        "height": height,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "multiplyAdds": total[0],
        "every": every,
        "largest": float(f"{logits.abs().max().item():.7g}"),
        "logits": " ".join(f"{number:.7g}" for number in samples),
        "state": {name: " ".join(map(str, shape)) for name, shape in state.items()},
    }


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    usual = here / "src/weights/torchvision/golden"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else usual
    folder.mkdir(parents=True, exist_ok=True)
    # With random weights, and the auxiliary heads that the released networks have.
    options = {"weights": None, "weights_backbone": None}
    with_auxiliary = {"aux_loss": True, **options}
    networks = {
        "deeplabv3-resnet50": (segmentation.deeplabv3_resnet50, with_auxiliary, 8),
        "deeplabv3-mobilenet-v3-large": (
            segmentation.deeplabv3_mobilenet_v3_large,
            with_auxiliary,
            16,
        ),
        "lraspp-mobilenet-v3-large": (segmentation.lraspp_mobilenet_v3_large, options, 16),
    }
    for name, (build, settings, stride) in networks.items():
        record = golden(build(**settings), *SIZES[stride])
        file = folder / f"{name}.json"
        file.write_text(json.dumps(record, indent=2) + "\n")
        print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
