"""Times PyTorch's training step on the same weights and batches that atrous is given.

Usage: train_step.py SETTINGS.json, whose fields name the raw files:
weights (float32, all parameters in the network's order), images (uint8 [N, H, W, 3]),
labels (uint8 [N, H, W]), and batch, height, width, classes, rate, threads, layout.
For each line of its input, a number of steps, takes so many and prints one JSON object.
"""

import json
import resource
import sys
import time

import numpy as np
import torch
from mobilenetv2_deeplab import DeepLab
from torch.nn import functional as F


def main(path):
    settings = json.load(open(path))
    torch.set_num_threads(settings["threads"])
    channels_last = settings["layout"] == "channels-last"
    size = (settings["batch"], settings["height"], settings["width"])

    model = DeepLab(settings["classes"]).train()
    model.dropout = torch.nn.Identity()
    values = torch.from_numpy(np.fromfile(settings["weights"], np.float32))
    at = 0
    for parameter in model.parameters():
        count = parameter.numel()
        with torch.no_grad():
            parameter.copy_(values[at : at + count].view(parameter.shape))
        at += count
    assert at == values.numel(), "the weights are of another network"

    pixels = np.fromfile(settings["images"], np.uint8).reshape(*size, 3).transpose(0, 3, 1, 2)
    image = (torch.from_numpy(pixels.copy()).float() - 127.5) / 127.5
    label = torch.from_numpy(np.fromfile(settings["labels"], np.uint8).reshape(size)).long()
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)

    # Weight decay on convolution weights alone: not on depthwise ones, batch norm and biases.
    decayed = [p for p in model.parameters() if p.dim() == 4 and p.shape[1] > 1]
    known = {id(p) for p in decayed}
    others = [p for p in model.parameters() if id(p) not in known]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 4e-5}, {"params": others}],
        settings["rate"],
        momentum=0.9,
    )
    for line in sys.stdin:
        losses, times = [], []
        for _ in range(int(line)):
            start = time.perf_counter()
            optimizer.zero_grad()
            loss = F.cross_entropy(model(image), label, ignore_index=255)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            times.append(1000 * (time.perf_counter() - start))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"losses": losses, "times": times, "peakMemoryBytes": peak}), flush=True)


main(sys.argv[1])
