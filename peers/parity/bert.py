"""A BERT-like text encoder with Hugging Face's parameter names (`BertModel` without token types and pooler)."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Embeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.word_embeddings = nn.Embedding(config["vocabulary"], config["width"])
        self.position_embeddings = nn.Embedding(config["positions"], config["width"])
        self.LayerNorm = nn.LayerNorm(config["width"], eps=config["layerNormEpsilon"])

    def forward(self, tokens):
        positions = torch.arange(tokens.shape[1])
        return self.LayerNorm(self.word_embeddings(tokens) + self.position_embeddings(positions))


class Output(nn.Module):
    """A projection, the residual, then the norm (post-norm)."""

    def __init__(self, inputs, config):
        super().__init__()
        self.dense = nn.Linear(inputs, config["width"])
        self.LayerNorm = nn.LayerNorm(config["width"], eps=config["layerNormEpsilon"])

    def forward(self, x, residual):
        return self.LayerNorm(self.dense(x) + residual)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["width"]
        self.heads = config["heads"]
        self.attention = nn.Module()
        self.attention.self = nn.Module()
        self.attention.self.query = nn.Linear(width, width)
        self.attention.self.key = nn.Linear(width, width)
        self.attention.self.value = nn.Linear(width, width)
        self.attention.output = Output(width, config)
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(width, config["intermediate"])
        self.output = Output(config["intermediate"], config)

    def attend(self, x, bias):
        _, length, width = x.shape
        head = width // self.heads

        def split(projection):
            return projection(x).view(-1, length, self.heads, head).transpose(1, 2)

        attention = self.attention.self
        query, key, value = split(attention.query), split(attention.key), split(attention.value)
        scores = query @ key.transpose(2, 3) / math.sqrt(head) + bias
        context = scores.softmax(dim=-1) @ value
        return context.transpose(1, 2).reshape(-1, length, width)

    def forward(self, x, bias):
        x = self.attention.output(self.attend(x, bias), x)
        return self.output(F.gelu(self.intermediate.dense(x)), x)


class Encoder(nn.Module):
    """Hidden states [batch, length, width] of tokens [batch, length] under a mask of ones and zeros."""

    def __init__(self, config):
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(Layer(config) for _ in range(config["layers"]))

    def forward(self, tokens, mask):
        bias = (mask[:, None, None, :] - 1) * 1e9
        x = self.embeddings(tokens)
        for layer in self.encoder.layer:
            x = layer(x, bias)
        return x


def mean_pool(hidden, mask):
    """Mean over the tokens that the mask keeps: [batch, length, width] to [batch, width]."""
    weights = mask.unsqueeze(2)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)
