"""Vision transformer: patch convolution, class token, learned positions, pre-norm blocks, GELU (erf form).

Parameter names are those of Hugging Face's `ViTForImageClassification` without its `vit.` prefix.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "image": 12,
    "patch": 4,
    "channels": 3,
    "width": 24,
    "layers": 2,
    "heads": 3,
    "intermediate": 48,
    "classes": 7,
    "layerNormEpsilon": 1e-3,
    "gelu": "erf",
}
OPTIMIZER = {"learningRate": 0.002, "betas": [0.9, 0.98], "epsilon": 1e-8, "weightDecay": 0.05}
BATCH = [
    {"name": "images", "dtype": "float32", "shape": [8, 3, 12, 12], "kind": "uniform", "center": 0, "scale": 1.5},
    {"name": "labels", "dtype": "int64", "shape": [8], "kind": "integers", "low": 0, "high": 7},
]
WIDTH = CONFIG["width"]


def layer_norm():
    return nn.LayerNorm(WIDTH, eps=CONFIG["layerNormEpsilon"])


class Embeddings(nn.Module):
    def __init__(self):
        super().__init__()
        patch = CONFIG["patch"]
        patches = (CONFIG["image"] // patch) ** 2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.position_embeddings = nn.Parameter(torch.zeros(1, 1 + patches, WIDTH))
        self.patch_embeddings = nn.Module()
        self.patch_embeddings.projection = nn.Conv2d(CONFIG["channels"], WIDTH, kernel_size=patch, stride=patch)

    def forward(self, images):
        patches = self.patch_embeddings.projection(images).flatten(2).transpose(1, 2)  # [batch, patches, width]
        x = torch.cat([self.cls_token.expand(len(images), 1, WIDTH), patches], dim=1)
        return x + self.position_embeddings


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layernorm_before = layer_norm()
        self.attention = nn.Module()
        self.attention.attention = nn.Module()
        self.attention.attention.query = nn.Linear(WIDTH, WIDTH)
        self.attention.attention.key = nn.Linear(WIDTH, WIDTH)
        self.attention.attention.value = nn.Linear(WIDTH, WIDTH)
        self.attention.output = nn.Module()
        self.attention.output.dense = nn.Linear(WIDTH, WIDTH)
        self.layernorm_after = layer_norm()
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(WIDTH, CONFIG["intermediate"])
        self.output = nn.Module()
        self.output.dense = nn.Linear(CONFIG["intermediate"], WIDTH)

    def attend(self, x):
        batch, length, _ = x.shape
        heads = CONFIG["heads"]

        def split(projection):
            return projection(x).view(batch, length, heads, WIDTH // heads).transpose(1, 2)

        attention = self.attention.attention
        query, key, value = split(attention.query), split(attention.key), split(attention.value)
        scores = query @ key.transpose(2, 3) / math.sqrt(WIDTH // heads)
        context = scores.softmax(dim=-1) @ value
        return self.attention.output.dense(context.transpose(1, 2).reshape(batch, length, WIDTH))

    def forward(self, x):
        x = x + self.attend(self.layernorm_before(x))
        hidden = F.gelu(self.intermediate.dense(self.layernorm_after(x)))
        return x + self.output.dense(hidden)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings()
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(Layer() for _ in range(CONFIG["layers"]))
        self.layernorm = layer_norm()
        self.classifier = nn.Linear(WIDTH, CONFIG["classes"])

    def forward(self, images):
        x = self.embeddings(images)
        for layer in self.encoder.layer:
            x = layer(x)
        return self.classifier(self.layernorm(x)[:, 0])


def loss(model, batch):
    return F.cross_entropy(model(batch["images"]), batch["labels"])
