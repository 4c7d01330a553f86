"""Two hidden layers with GELU (tanh form) and softmax cross-entropy."""

import torch.nn.functional as F
from torch import nn

CONFIG = {"inputs": 20, "hidden": [32, 24], "classes": 10, "gelu": "tanh"}
OPTIMIZER = {"learningRate": 0.003, "betas": [0.9, 0.999], "epsilon": 1e-8, "weightDecay": 0.01}
BATCH = [
    {"name": "features", "dtype": "float32", "shape": [16, 20], "kind": "uniform", "center": 0, "scale": 1.5},
    {"name": "labels", "dtype": "int64", "shape": [16], "kind": "integers", "low": 0, "high": 10},
]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        first, second = CONFIG["hidden"]
        self.fc1 = nn.Linear(CONFIG["inputs"], first)
        self.fc2 = nn.Linear(first, second)
        self.fc3 = nn.Linear(second, CONFIG["classes"])

    def forward(self, features):
        x = F.gelu(self.fc1(features), approximate=CONFIG["gelu"])
        x = F.gelu(self.fc2(x), approximate=CONFIG["gelu"])
        return self.fc3(x)


def loss(model, batch):
    return F.cross_entropy(model(batch["features"]), batch["labels"])
