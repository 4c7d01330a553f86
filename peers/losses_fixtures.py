"""Losses and their gradients by PyTorch, as expected values for packages/engine/test/losses.test.ts.

Run: python peers/losses_fixtures.py > packages/engine/test/fixtures/losses.json
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)


def drawn(*shape):
    return torch.randn(*shape).mul(1000).round().div(1000)


x, y, z = drawn(4, 5), drawn(4, 5), drawn(4, 5)
labels = torch.tensor([3, 0, 4, 1])
probabilities = torch.softmax(y, -1)
binary = torch.tensor([[0.0, 1, 0.25, 1, 0]] * 4)
weights = torch.tensor([1.0, 0, 2, 0.5])
pick = torch.arange(4)


def log_softmax(v):
    return torch.log_softmax(v, -1)


def kl(target, other):
    return F.kl_div(other, target, reduction="none", log_target=True).sum(-1)


def jensen_shannon(p, q):
    middle = torch.log((p.exp() + q.exp()) / 2)
    return (kl(p, middle) + kl(q, middle)) / 2


def scores(v):
    return F.normalize(v, dim=-1) @ F.normalize(y, dim=-1).T / 0.1


losses = {
    "crossEntropy": lambda v: F.cross_entropy(v, labels),
    "crossEntropy sum": lambda v: F.cross_entropy(v, labels, reduction="sum"),
    "crossEntropy none": lambda v: F.cross_entropy(v, labels, reduction="none") @ torch.arange(1.0, 5),
    "crossEntropy smoothed": lambda v: F.cross_entropy(v, labels, label_smoothing=0.1),
    "crossEntropy ignoring": lambda v: F.cross_entropy(v, labels, ignore_index=4),
    "crossEntropy weighted": lambda v: F.cross_entropy(v, labels, reduction="none") @ weights / weights.sum(),
    "crossEntropy soft": lambda v: F.cross_entropy(v, probabilities),
    "crossEntropy soft smoothed": lambda v: F.cross_entropy(v, probabilities, label_smoothing=0.2),
    "binaryCrossEntropyWithLogits": lambda v: F.binary_cross_entropy_with_logits(v, binary),
    "binaryCrossEntropyWithLogits positive": lambda v: F.binary_cross_entropy_with_logits(
        v, binary, pos_weight=torch.tensor(3.0)
    ),
    "klDivergence": lambda v: F.kl_div(log_softmax(v), log_softmax(y), reduction="batchmean", log_target=True),
    "jensenShannon": lambda v: jensen_shannon(log_softmax(v), log_softmax(y)).mean(),
    "mse": lambda v: F.mse_loss(v, y),
    "huber": lambda v: F.huber_loss(v, y, delta=0.7),
    "cosineLoss": lambda v: F.cosine_embedding_loss(v, y, torch.ones(4)),
    "infoNce": lambda v: F.cross_entropy(scores(v), pick),
    "infoNce symmetric": lambda v: (F.cross_entropy(scores(v), pick) + F.cross_entropy(scores(v).T, pick)) / 2,
    "marginRanking": lambda v: F.margin_ranking_loss(v, y, torch.ones(4, 5), margin=0.3),
    "triplet": lambda v: F.triplet_margin_loss(v, y, z, margin=1.0, eps=0),
}


def case(loss):
    own = x.clone().requires_grad_()
    value = loss(own)
    value.backward()
    return {"value": value.item(), "gradient": own.grad.flatten().tolist()}


inputs = {"x": x, "y": y, "z": z, "labels": labels, "binary": binary, "weights": weights}
print(
    json.dumps(
        {
            "inputs": {name: t.tolist() for name, t in inputs.items()},
            "losses": {name: case(loss) for name, loss in losses.items()},
        }
    )
)
