"""DeepLabv3 on MobileNetV2 in PyTorch: the network that atrous' training step is measured against.

Layer for layer the network that `mobilenetv2` builds: TensorFlow's SAME padding at odd sizes,
relu6, batch norm with the release's decay and epsilon, image pooling, a 1x1 branch, projection and
logits that are resized with aligned corners.
"""

import torch
from torch import nn
from torch.nn import functional as F

# expansion, channels, repeats, stride
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


class ConvNorm(nn.Sequential):
    def __init__(self, cin, cout, kernel=1, stride=1, rate=1, groups=1, act="relu6", eps=1e-3, decay=0.997):
        layers = [
            nn.Conv2d(cin, cout, kernel, stride, rate * (kernel // 2), rate, groups, bias=False),
            nn.BatchNorm2d(cout, eps=eps, momentum=1 - decay),
        ]
        if act:
            layers.append({"relu6": nn.ReLU6, "relu": nn.ReLU}[act](inplace=True))
        super().__init__(*layers)


class Block(nn.Module):
    def __init__(self, cin, cout, expansion, stride, rate):
        super().__init__()
        inner = cin * expansion
        self.layers = nn.Sequential(
            *([ConvNorm(cin, inner)] if expansion > 1 else []),
            ConvNorm(inner, inner, 3, stride, rate, groups=inner),
            ConvNorm(inner, cout, act=None),
        )
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


class DeepLab(nn.Module):
    def __init__(self, classes=21, output_stride=16):
        super().__init__()
        blocks, cin, current, rate = [ConvNorm(3, 32, 3, 2)], 32, 2, 1
        for expansion, cout, repeats, stride in STAGES:
            for index in range(repeats):
                nominal = stride if index == 0 else 1
                if current == output_stride:
                    blocks.append(Block(cin, cout, expansion, 1, rate))
                    rate *= nominal
                else:
                    blocks.append(Block(cin, cout, expansion, nominal, 1))
                    current *= nominal
                cin = cout
        self.backbone = nn.Sequential(*blocks)
        head = {"act": "relu", "eps": 1e-5, "decay": 0.9997}
        self.pooling = ConvNorm(cin, 256, **head)
        self.aspp0 = ConvNorm(cin, 256, **head)
        self.projection = ConvNorm(512, 256, **head)
        self.dropout = nn.Dropout(0.1)
        self.logits = nn.Conv2d(256, classes, 1)

    def forward(self, image):
        features = self.backbone(image)
        pooled = self.pooling(features.mean((2, 3), keepdim=True)).expand(-1, -1, *features.shape[2:])
        x = self.dropout(self.projection(torch.cat([pooled, self.aspp0(features)], 1)))
        return F.interpolate(self.logits(x), image.shape[2:], mode="bilinear", align_corners=True)
