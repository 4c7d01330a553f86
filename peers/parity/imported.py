"""The two models whose ONNX exports are fine-tuned: a BERT-like classifier, and a convnet with frozen statistics.

Both train in evaluation mode: batch normalisation keeps its running statistics, its scale and shift do learn.
"""

import torch
import torch.nn.functional as F
from torch import nn

import bert

BERT = {
    "vocabulary": 60,
    "positions": 16,
    "width": 32,
    "layers": 2,
    "heads": 4,
    "intermediate": 64,
    "layerNormEpsilon": 1e-12,
    "gelu": "erf",
    "classes": 3,
}
BERT_BATCH = [
    {"name": "input_ids", "dtype": "int64", "shape": [8, 12], "kind": "integers", "low": 0, "high": 60},
    {"name": "attention_mask", "dtype": "int64", "shape": [8, 12], "kind": "prefix", "low": 4, "high": 13},
    {"name": "labels", "dtype": "int64", "shape": [8], "kind": "integers", "low": 0, "high": 3},
]
CONVNET = {"channels": [3, 8, 16], "classes": 5, "batchNormEpsilon": 1e-5}
CONVNET_BATCH = [
    {"name": "images", "dtype": "float32", "shape": [8, 3, 16, 16], "kind": "uniform", "center": 0, "scale": 1.5},
    {"name": "labels", "dtype": "int64", "shape": [8], "kind": "integers", "low": 0, "high": 5},
]
OPTIMIZER = {"learningRate": 0.004, "betas": [0.9, 0.999], "epsilon": 1e-8, "weightDecay": 0.01}


class BertClassifier(nn.Module):
    """Class logits from the hidden state of the first token."""

    def __init__(self):
        super().__init__()
        self.bert = bert.Encoder(BERT)
        self.classifier = nn.Linear(BERT["width"], BERT["classes"])

    def forward(self, input_ids, attention_mask):
        hidden = self.bert(input_ids, attention_mask.to(self.classifier.weight.dtype))
        return self.classifier(hidden[:, 0])


class ConvNet(nn.Module):
    """A stem, and a block in the manner of MobileNet: depthwise, pointwise, residual."""

    def __init__(self):
        super().__init__()
        inputs, stem, last = CONVNET["channels"]
        epsilon = CONVNET["batchNormEpsilon"]
        self.conv1 = nn.Conv2d(inputs, stem, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem, eps=epsilon)
        self.depthwise = nn.Conv2d(stem, stem, kernel_size=3, padding=1, groups=stem, bias=False)
        self.bn2 = nn.BatchNorm2d(stem, eps=epsilon)
        self.pointwise = nn.Conv2d(stem, stem, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(stem, eps=epsilon)
        self.conv2 = nn.Conv2d(stem, last, kernel_size=3, stride=2, padding=1)
        self.fc = nn.Linear(last, CONVNET["classes"])

    def forward(self, images):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), kernel_size=2)
        block = F.relu6(self.bn2(self.depthwise(x)))
        x = F.relu(x + self.bn3(self.pointwise(block)))
        x = F.adaptive_avg_pool2d(F.relu(self.conv2(x)), 1)
        return self.fc(x.flatten(1))


def bert_loss(model, batch):
    return F.cross_entropy(model(batch["input_ids"], batch["attention_mask"]), batch["labels"])


def convnet_loss(model, batch):
    return F.cross_entropy(model(batch["images"]), batch["labels"])


MODELS = {
    "bert": {
        "model": BertClassifier,
        "config": BERT,
        "batch": BERT_BATCH,
        "loss": bert_loss,
        "inputs": ["input_ids", "attention_mask"],
        "dynamic": {0: "batch", 1: "sequence"},
        "fold": True,
    },
    "convnet": {
        "model": ConvNet,
        "config": CONVNET,
        "batch": CONVNET_BATCH,
        "loss": convnet_loss,
        "inputs": ["images"],
        "dynamic": {0: "batch"},
        # Folding batch normalisation into the convolution before it would leave other parameters to train.
        "fold": False,
    },
}
