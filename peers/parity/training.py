"""Parameters and batches from the generator, and the training run that a fixture records."""

import math

import torch

import generator


def parameter_rule(name, shape):
    """Matrices and kernels: sqrt(3 / fan in). Biases: around 0. Scales of norms: around 1."""
    if len(shape) > 1:
        return {"name": name, "shape": shape, "center": 0, "scale": math.sqrt(3 / math.prod(shape[1:]))}
    return {"name": name, "shape": shape, "center": 0 if "bias" in name else 1, "scale": 0.1}


def parameter_rules(model):
    return [parameter_rule(name, list(value.shape)) for name, value in model.named_parameters()]


def materialise(prefix, rule):
    """The tensor of one rule; its seed is `prefix/name`."""
    seed, shape = f"{prefix}/{rule['name']}", rule["shape"]
    kind = rule.get("kind", "uniform")
    if kind == "uniform":
        values = generator.uniform(seed, shape, rule["center"], rule["scale"])
    elif kind == "integers":
        values = generator.integers(seed, shape, rule["low"], rule["high"])
    else:
        values = generator.prefix_mask(seed, shape, rule["low"], rule["high"])
    return torch.from_numpy(values).to(getattr(torch, rule.get("dtype", "float32")))


def initialise(model, name):
    with torch.no_grad():
        for (_, parameter), rule in zip(model.named_parameters(), parameter_rules(model)):
            parameter.copy_(materialise(name, rule))


def batches(name, rules, count=2):
    """Step s trains on batch s mod count."""
    return [{rule["name"]: materialise(f"{name}/batch{i}", rule) for rule in rules} for i in range(count)]


def train(model, loss, data, optimizer, steps):
    """Trains in place. Returns the loss before each update, the norm of each gradient of the first step, and of each step's whole gradient."""
    adamw = torch.optim.AdamW(
        model.parameters(),
        lr=optimizer["learningRate"],
        betas=tuple(optimizer["betas"]),
        eps=optimizer["epsilon"],
        weight_decay=optimizer["weightDecay"],
    )
    losses, norms, whole = [], {}, []
    for step in range(steps):
        value = loss(model, data[step % len(data)])
        adamw.zero_grad()
        value.backward()
        own = {name: p.grad.double().norm().item() for name, p in model.named_parameters()}
        norms = norms or own
        whole.append(math.hypot(*own.values()))
        adamw.step()
        losses.append(value.item())
    return losses, norms, whole


def in_double(batch):
    return {name: value.double() if value.is_floating_point() else value for name, value in batch.items()}


def rounding(losses, reference):
    """How far float32 drifts from float64: the largest relative difference of a loss."""
    return max(abs(a - b) / abs(b) for a, b in zip(losses, reference))
