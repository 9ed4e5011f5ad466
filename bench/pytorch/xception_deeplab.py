"""DeepLabv3+ on Xception-65 in PyTorch: the network that atrous' latency is measured against.

Layer for layer the network that `deeplabv3plus-xception65` builds, in the same order, batch norm
folded into the convolutions. It ends with the logits at stride 4, as atrous' session does.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

# channels of the three convolutions, shortcut, repeats, stride
ENTRY = [((128, 128, 128), "convolution", 1, 2), ((256, 256, 256), "convolution", 1, 2), ((728, 728, 728), "convolution", 1, 2)]
MIDDLE = [((728, 728, 728), "sum", 16, 1)]
EXIT = [((728, 1024, 1024), "convolution", 1, 2), ((1536, 1536, 2048), "none", 1, 1)]


class ConvNorm(nn.Module):
    """A convolution and batch norm, one convolution after `fold`."""

    def __init__(self, cin, cout, kernel=1, stride=1, rate=1, groups=1, relu=False, eps=1e-3):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, rate * (kernel // 2), rate, groups, bias=False)
        self.norm = nn.BatchNorm2d(cout, eps=eps)
        self.relu = relu

    def fold(self):
        self.conv, self.norm = fuse_conv_bn_eval(self.conv, self.norm), nn.Identity()

    def forward(self, x):
        x = self.norm(self.conv(x))
        return F.relu(x, inplace=True) if self.relu else x


def separable(cin, cout, stride=1, rate=1, relu=False, eps=1e-3):
    depthwise = ConvNorm(cin, cin, 3, stride, rate, groups=cin, relu=relu, eps=eps)
    return nn.Sequential(depthwise, ConvNorm(cin, cout, relu=relu, eps=eps))


class Module(nn.Module):
    def __init__(self, cin, channels, shortcut, stride, rate, last):
        super().__init__()
        widths = [cin, *channels]
        self.separables = nn.ModuleList(
            separable(widths[i], widths[i + 1], stride if i == 2 else 1, rate, relu=last) for i in range(3)
        )
        self.shortcut = ConvNorm(cin, channels[2], stride=stride) if shortcut == "convolution" else None
        self.sum, self.last = shortcut == "sum", last

    def forward(self, x):
        y, second = x, None
        for index, layer in enumerate(self.separables):
            y = layer(y if self.last else F.relu(y))
            second = y if index == 1 else second
        if self.shortcut is not None:
            return y + self.shortcut(x), second
        return (y + x if self.sum else y), second


class DeepLab(nn.Module):
    def __init__(self, output_stride, rates, classes=21):
        super().__init__()
        self.root = nn.Sequential(ConvNorm(3, 32, 3, 2, relu=True), ConvNorm(32, 64, 3, relu=True))
        modules, cin, current, rate = [], 64, 2, 1
        for channels, shortcut, repeats, nominal in ENTRY + MIDDLE + EXIT:
            for _ in range(repeats):
                atrous = current == output_stride
                last = shortcut == "none"
                modules.append(Module(cin, channels, shortcut, 1 if atrous else nominal, rate, last))
                rate, current = (rate * nominal, current) if atrous else (rate, current * nominal)
                cin = channels[2]
        self.blocks = nn.ModuleList(modules)
        head = {"relu": True, "eps": 1e-5}
        self.pooling = ConvNorm(cin, 256, **head)
        self.aspp0 = ConvNorm(cin, 256, **head)
        self.atrous = nn.ModuleList(separable(cin, 256, rate=rate, **head) for rate in rates)
        self.projection = ConvNorm(256 * (2 + len(rates)), 256, **head)
        self.low_level = ConvNorm(256, 48, **head)
        self.decoder = nn.Sequential(separable(304, 256, **head), separable(256, 256, **head))
        self.logits = nn.Conv2d(256, classes, 1)

    def fold(self):
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.fold()
        return self

    def forward(self, image):
        x, low = self.root(image), None
        for index, block in enumerate(self.blocks):
            x, second = block(x)
            low = second if index == 1 else low
        pooled = self.pooling(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        branches = [pooled, self.aspp0(x), *(branch(x) for branch in self.atrous)]
        x = self.projection(torch.cat(branches, 1))
        low = self.low_level(low)
        x = F.interpolate(x, low.shape[2:], mode="bilinear", align_corners=True)
        return self.logits(self.decoder(torch.cat([x, low], 1)))
