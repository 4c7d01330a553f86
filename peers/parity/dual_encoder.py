"""One text encoder for queries and documents: mean pooling, L2 norm, in-batch InfoNCE in both directions."""

import torch
import torch.nn.functional as F

import bert

CONFIG = {
    "vocabulary": 40,
    "positions": 10,
    "width": 24,
    "layers": 2,
    "heads": 3,
    "intermediate": 48,
    "layerNormEpsilon": 1e-12,
    "gelu": "erf",
    "temperature": 0.2,
}
OPTIMIZER = {"learningRate": 0.002, "betas": [0.9, 0.999], "epsilon": 1e-5, "weightDecay": 0.01}
BATCH = [
    {"name": "query_tokens", "dtype": "int64", "shape": [8, 6], "kind": "integers", "low": 0, "high": 40},
    {"name": "query_mask", "dtype": "float32", "shape": [8, 6], "kind": "prefix", "low": 2, "high": 7},
    {"name": "document_tokens", "dtype": "int64", "shape": [8, 10], "kind": "integers", "low": 0, "high": 40},
    {"name": "document_mask", "dtype": "float32", "shape": [8, 10], "kind": "prefix", "low": 4, "high": 11},
]


class Model(bert.Encoder):
    def __init__(self):
        super().__init__(CONFIG)

    def forward(self, tokens, mask):
        return F.normalize(bert.mean_pool(super().forward(tokens, mask), mask), dim=1)


def loss(model, batch):
    queries = model(batch["query_tokens"], batch["query_mask"])
    documents = model(batch["document_tokens"], batch["document_mask"])
    similarities = queries @ documents.T / CONFIG["temperature"]
    pairs = torch.arange(len(queries))
    return (F.cross_entropy(similarities, pairs) + F.cross_entropy(similarities.T, pairs)) / 2
