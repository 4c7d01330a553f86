"""The workloads of `workloads.json` in idiomatic eager PyTorch: `build(spec)` gives a model and its loss function."""

import torch
import torch.nn.functional as F
from torch import nn

GELU = {"erf": "none", "tanh": "tanh"}


class MLP(nn.Sequential):
    def __init__(self, spec):
        sizes = [spec["inputs"], *spec["hidden"]]
        hidden = [layer for pair in zip(sizes, sizes[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]
        super().__init__(*hidden, nn.Linear(sizes[-1], spec["classes"]))


def convolution(inputs, outputs, kernel, stride, norm):
    """Convolution without bias that keeps the image's size (at stride 1), then batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs, momentum=norm["momentum"], eps=norm["epsilon"]),
    )


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, norm):
        super().__init__()
        self.conv1 = convolution(inputs, outputs, 3, stride, norm)
        self.conv2 = convolution(outputs, outputs, 3, 1, norm)
        self.shortcut = nn.Identity() if inputs == outputs else convolution(inputs, outputs, 1, stride, norm)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))) + self.shortcut(x))


class ResNet(nn.Sequential):
    def __init__(self, spec):
        norm, widths = spec["batchNorm"], spec["widths"]
        blocks, inputs = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(spec["blocksPerStage"]):
                blocks.append(ResidualBlock(inputs, width, 2 if stage > 0 and block == 0 else 1, norm))
                inputs = width
        stem = convolution(spec["channels"], widths[0], 3, 1, norm)
        pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        super().__init__(stem, nn.ReLU(), *blocks, *pool, nn.Linear(inputs, spec["classes"]))


class Attention(nn.Module):
    def __init__(self, spec, causal):
        super().__init__()
        width = spec["width"]
        self.heads, self.causal = spec["heads"], causal
        self.qkv = nn.Linear(width, 3 * width, bias=spec["bias"])
        self.output = nn.Linear(width, width, bias=spec["bias"])

    def forward(self, x, mask=None):
        batch, length, width = x.shape
        query, key, value = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).unbind(2)
        context = F.scaled_dot_product_attention(
            query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), attn_mask=mask, is_causal=self.causal
        )
        return self.output(context.transpose(1, 2).reshape(batch, length, width))


def layer_norm(spec):
    return nn.LayerNorm(spec["width"], eps=spec["layerNormEpsilon"], bias=spec["bias"])


def feed_forward(spec):
    return nn.Sequential(
        nn.Linear(spec["width"], spec["intermediate"], bias=spec["bias"]),
        nn.GELU(approximate=GELU[spec["gelu"]]),
        nn.Linear(spec["intermediate"], spec["width"], bias=spec["bias"]),
    )


class PreNormBlock(nn.Module):
    def __init__(self, spec, causal):
        super().__init__()
        self.norm1, self.attention = layer_norm(spec), Attention(spec, causal)
        self.norm2, self.mlp = layer_norm(spec), feed_forward(spec)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PostNormBlock(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.attention, self.norm1 = Attention(spec, causal=False), layer_norm(spec)
        self.mlp, self.norm2 = feed_forward(spec), layer_norm(spec)

    def forward(self, x, mask):
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.mlp(x))


class ViT(nn.Module):
    def __init__(self, spec):
        super().__init__()
        width, patch = spec["width"], spec["patch"]
        self.patches = nn.Conv2d(spec["channels"], width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + (spec["image"] // patch) ** 2, width))
        self.blocks = nn.Sequential(*(PreNormBlock(spec, causal=False) for _ in range(spec["layers"])))
        self.norm = layer_norm(spec)
        self.head = nn.Linear(width, spec["classes"])

    def forward(self, images):
        patches = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(images), -1, -1), patches], dim=1) + self.positions
        return self.head(self.norm(self.blocks(x)[:, 0]))


class GPT(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.tokens = nn.Embedding(spec["vocabulary"], spec["width"])
        self.positions = nn.Embedding(spec["block"], spec["width"])
        for embedding in (self.tokens, self.positions):
            nn.init.normal_(embedding.weight, std=0.02)
        self.blocks = nn.Sequential(*(PreNormBlock(spec, causal=True) for _ in range(spec["layers"])))
        self.norm = layer_norm(spec)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions.weight
        return F.linear(self.norm(self.blocks(x)), self.tokens.weight)


class TextEncoder(nn.Module):
    """Mean-pooled vectors [batch, width] of tokens [batch, length] under a boolean mask."""

    def __init__(self, spec):
        super().__init__()
        self.tokens = nn.Embedding(spec["vocabulary"], spec["width"])
        self.positions = nn.Embedding(spec["tokens"], spec["width"])
        self.norm = layer_norm(spec)
        self.blocks = nn.ModuleList(PostNormBlock(spec) for _ in range(spec["layers"]))

    def forward(self, tokens, mask):
        x = self.norm(self.tokens(tokens) + self.positions.weight)
        attention_mask = mask[:, None, None, :]
        for block in self.blocks:
            x = block(x, attention_mask)
        weights = mask.unsqueeze(2).to(x.dtype)
        return (x * weights).sum(dim=1) / weights.sum(dim=1)


class SentenceClassifier(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.encoder = TextEncoder(spec)
        self.head = nn.Linear(spec["width"], spec["classes"])

    def forward(self, tokens, mask):
        return self.head(self.encoder(tokens, mask))


class KnowledgeTracer(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.embedding = nn.Embedding(2 * spec["skills"], spec["embedding"])
        self.gru = nn.GRU(spec["embedding"], spec["hidden"], batch_first=True)
        self.output = nn.Linear(spec["hidden"], spec["skills"])

    def forward(self, interactions):
        return self.output(self.gru(self.embedding(interactions))[0])


def classification(model, batch):
    *inputs, labels = batch
    return F.cross_entropy(model(*inputs), labels)


def next_token(model, batch):
    tokens, targets = batch
    return F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())


def next_answer(model, batch):
    interactions, skills, correct, mask = batch
    logits = model(interactions).gather(2, skills.unsqueeze(2)).squeeze(2)
    return F.binary_cross_entropy_with_logits(logits, correct, weight=mask, reduction="sum") / mask.sum()


def contrastive(temperature):
    def loss(model, batch):
        # Queries and documents have one length, so the shared encoder takes them as one batch.
        queries, documents = F.normalize(model(*batch), dim=1).chunk(2)
        similarities = queries @ documents.T / temperature
        pairs = torch.arange(len(queries))
        return (F.cross_entropy(similarities, pairs) + F.cross_entropy(similarities.T, pairs)) / 2

    return loss


def build(spec):
    """The spec's model and `loss(model, batch)`."""
    kind = spec["model"]
    if kind == "mlp":
        return MLP(spec), classification
    if kind == "resnet":
        # A fifth to a third less time than in the default layout, on the CPU.
        return ResNet(spec).to(memory_format=torch.channels_last), classification
    if kind == "vit":
        return ViT(spec), classification
    if kind == "gpt":
        return GPT(spec), next_token
    if kind == "sentence-encoder":
        return SentenceClassifier(spec), classification
    if kind == "dual-encoder":
        return TextEncoder(spec), contrastive(spec["temperature"])
    return KnowledgeTracer(spec), next_answer


def prefix_mask(rows, columns, shortest):
    lengths = torch.randint(shortest, columns + 1, (rows, 1))
    return torch.arange(columns) < lengths


def make_batch(spec):
    """Random tensors in the order that the loss takes them."""
    kind, batch = spec["model"], spec["batch"]
    if kind == "mlp":
        return torch.randn(batch, spec["inputs"]), torch.randint(spec["classes"], (batch,))
    if kind in ("resnet", "vit"):
        images = torch.randn(batch, spec["channels"], spec["image"], spec["image"])
        if kind == "resnet":
            images = images.to(memory_format=torch.channels_last)
        return images, torch.randint(spec["classes"], (batch,))
    if kind == "gpt":
        return torch.randint(spec["vocabulary"], (2, batch, spec["block"])).unbind()
    if kind == "gru":
        shape = (batch, spec["steps"])
        interactions, skills = torch.randint(2 * spec["skills"], shape), torch.randint(spec["skills"], shape)
        return interactions, skills, torch.randint(2, shape).float(), prefix_mask(*shape, spec["shortest"]).float()
    rows = 2 * batch if kind == "dual-encoder" else batch
    tokens = torch.randint(spec["vocabulary"], (rows, spec["tokens"]))
    mask = prefix_mask(rows, spec["tokens"], spec["shortest"])
    return (tokens, mask) if kind == "dual-encoder" else (tokens, mask, torch.randint(spec["classes"], (batch,)))
