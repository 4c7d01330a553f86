"""Two convolutions with batch normalisation in training mode, max pooling, global average pooling."""

import torch.nn.functional as F
from torch import nn

CONFIG = {"channels": [3, 8, 16], "classes": 5, "batchNorm": {"momentum": 0.1, "epsilon": 2e-3}}
OPTIMIZER = {"learningRate": 0.003, "betas": [0.9, 0.999], "epsilon": 1e-8, "weightDecay": 0.05}
BATCH = [
    {"name": "images", "dtype": "float32", "shape": [8, 3, 12, 12], "kind": "uniform", "center": 0, "scale": 1.5},
    {"name": "labels", "dtype": "int64", "shape": [8], "kind": "integers", "low": 0, "high": 5},
]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        inputs, first, second = CONFIG["channels"]
        norm = {"momentum": CONFIG["batchNorm"]["momentum"], "eps": CONFIG["batchNorm"]["epsilon"]}
        self.conv1 = nn.Conv2d(inputs, first, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(first, **norm)
        self.conv2 = nn.Conv2d(first, second, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(second, **norm)
        self.fc = nn.Linear(second, CONFIG["classes"])

    def forward(self, images):
        x = F.relu(self.bn1(self.conv1(images)))
        x = F.max_pool2d(x, kernel_size=2)
        x = F.relu(self.bn2(self.conv2(x)))
        return self.fc(x.mean(dim=(2, 3)))


def loss(model, batch):
    return F.cross_entropy(model(batch["images"]), batch["labels"])
