"""Times PyTorch's DeepLabv3+ on Xception-65 on the same weights and image that atrous is given.

Usage: run_network.py SETTINGS.json, whose fields name the raw float32 files: parameters and
statistics (in the network's order), image ([H, W, 3], 0 to 255), logits (atrous' own, [21, h, w]);
and height, width, outputStride, rates, runs, threads, layout.
Prints one JSON object.
"""

import json
import resource
import sys
import time

import numpy as np
import torch
from xception_deeplab import DeepLab


def fill(tensors, file):
    values = torch.from_numpy(np.fromfile(file, np.float32))
    at = 0
    for tensor in tensors:
        count = tensor.numel()
        tensor.copy_(values[at : at + count].view(tensor.shape))
        at += count
    assert at == values.numel(), f"{file}: the values are of another network"


@torch.inference_mode()
def main(path):
    settings = json.load(open(path))
    torch.set_num_threads(settings["threads"])
    model = DeepLab(settings["outputStride"], settings["rates"]).eval()
    fill(model.parameters(), settings["parameters"])
    fill([b for name, b in model.named_buffers() if "num_batches" not in name], settings["statistics"])
    model.fold()
    pixels = np.fromfile(settings["image"], np.float32).reshape(settings["height"], settings["width"], 3)
    image = torch.from_numpy(((pixels - 127.5) / 127.5).transpose(2, 0, 1)[None].copy())
    if settings["layout"] == "channels-last":
        model = model.to(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)

    logits = model(image)
    expected = torch.from_numpy(np.fromfile(settings["logits"], np.float32)).view(logits.shape)
    difference = ((logits - expected).abs().max() / expected.abs().max()).item()
    model(image)
    times = []
    for _ in range(settings["runs"]):
        start = time.perf_counter()
        model(image)
        times.append(1000 * (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result = {"medianMs": float(np.median(times)), "minMs": min(times), "peakMemoryBytes": peak}
    print(json.dumps({**result, "difference": difference}))


main(sys.argv[1])
