"""LLaMA-style causal language model: rotary embedding, grouped-query attention, RMSNorm, SwiGLU, tied embeddings.

Parameter names are those of Hugging Face's `LlamaForCausalLM`; the head is `model.embed_tokens.weight` again.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "vocabulary": 29,
    "width": 32,
    "layers": 2,
    "heads": 4,
    "keyValueHeads": 2,
    "intermediate": 48,
    "rmsNormEpsilon": 1e-3,
    "ropeTheta": 10000,
}
OPTIMIZER = {"learningRate": 0.003, "betas": [0.9, 0.95], "epsilon": 1e-8, "weightDecay": 0.1}
BATCH = [
    {"name": "tokens", "dtype": "int64", "shape": [4, 16], "kind": "integers", "low": 0, "high": 29},
    {"name": "targets", "dtype": "int64", "shape": [4, 16], "kind": "integers", "low": 0, "high": 29},
]
WIDTH, HEADS, GROUPS = CONFIG["width"], CONFIG["heads"], CONFIG["keyValueHeads"]
HEAD = WIDTH // HEADS


class RMSNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + CONFIG["rmsNormEpsilon"]) * self.weight


def rotary_tables(length, like):
    """Cosine and sine of position times frequency, [length, head]; the two halves of a head are alike."""
    frequencies = CONFIG["ropeTheta"] ** (-torch.arange(0, HEAD, 2, dtype=torch.float64) / HEAD)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies).repeat(1, 2)
    return angles.cos().to(like), angles.sin().to(like)


def rotate(x, cosine, sine):
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm = RMSNorm()
        self.self_attn = nn.Module()
        self.self_attn.q_proj = nn.Linear(WIDTH, HEADS * HEAD, bias=False)
        self.self_attn.k_proj = nn.Linear(WIDTH, GROUPS * HEAD, bias=False)
        self.self_attn.v_proj = nn.Linear(WIDTH, GROUPS * HEAD, bias=False)
        self.self_attn.o_proj = nn.Linear(HEADS * HEAD, WIDTH, bias=False)
        self.post_attention_layernorm = RMSNorm()
        self.mlp = nn.Module()
        self.mlp.gate_proj = nn.Linear(WIDTH, CONFIG["intermediate"], bias=False)
        self.mlp.up_proj = nn.Linear(WIDTH, CONFIG["intermediate"], bias=False)
        self.mlp.down_proj = nn.Linear(CONFIG["intermediate"], WIDTH, bias=False)

    def attend(self, x):
        batch, length, _ = x.shape

        def split(projection, heads):
            return projection(x).view(batch, length, heads, HEAD).transpose(1, 2)

        cosine, sine = rotary_tables(length, x)
        query = rotate(split(self.self_attn.q_proj, HEADS), cosine, sine)
        key = rotate(split(self.self_attn.k_proj, GROUPS), cosine, sine)
        value = split(self.self_attn.v_proj, GROUPS)
        # Query head h reads key and value head h // (heads / groups).
        key = key.repeat_interleave(HEADS // GROUPS, dim=1)
        value = value.repeat_interleave(HEADS // GROUPS, dim=1)
        scores = query @ key.transpose(2, 3) / math.sqrt(HEAD)
        future = torch.ones(length, length, dtype=torch.bool).triu(diagonal=1)
        context = scores.masked_fill(future, -math.inf).softmax(dim=-1) @ value
        return self.self_attn.o_proj(context.transpose(1, 2).reshape(batch, length, HEADS * HEAD))

    def forward(self, x):
        x = x + self.attend(self.input_layernorm(x))
        normed = self.post_attention_layernorm(x)
        return x + self.mlp.down_proj(F.silu(self.mlp.gate_proj(normed)) * self.mlp.up_proj(normed))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(CONFIG["vocabulary"], WIDTH)
        self.model.layers = nn.ModuleList(Layer() for _ in range(CONFIG["layers"]))
        self.model.norm = RMSNorm()

    def forward(self, tokens):
        x = self.model.embed_tokens(tokens)
        for layer in self.model.layers:
            x = layer(x)
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)


def loss(model, batch):
    return F.cross_entropy(model(batch["tokens"]).flatten(0, 1), batch["targets"].flatten())
