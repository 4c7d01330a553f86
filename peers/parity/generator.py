"""Deterministic values computed alike here and in `packages/engine/test/support/generator.ts`.

Only 32-bit integer operations and one float64 expression are used, so both sides get the same bits and neither
weights nor batches have to be stored.
"""

import numpy as np


def fnv1a(text: str) -> int:
    """32-bit FNV-1a hash of the text's UTF-8 bytes."""
    value = 0x811C9DC5
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def mix(x: np.ndarray) -> np.ndarray:
    """MurmurHash3's 32-bit finaliser, element by element on uint32."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x85EBCA6B)
    x = x ^ (x >> np.uint32(13))
    x = x * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def hash32(seed: str, size: int) -> np.ndarray:
    """uint32 of shape [size]: element i is mix(fnv1a(seed) ^ mix(i))."""
    return mix(np.uint32(fnv1a(seed)) ^ mix(np.arange(size, dtype=np.uint32)))


def uniform(seed: str, shape: list[int], center: float, scale: float) -> np.ndarray:
    """float32 in (center - scale, center + scale): float32(center + (2u - 1) scale), u = (hash + 0.5) / 2^32."""
    u = (hash32(seed, int(np.prod(shape))).astype(np.float64) + 0.5) / 2.0**32
    return (center + (u * 2 - 1) * scale).astype(np.float32).reshape(shape)


def integers(seed: str, shape: list[int], low: int, high: int) -> np.ndarray:
    """int64 in [low, high): low + hash mod (high - low)."""
    return (low + hash32(seed, int(np.prod(shape))).astype(np.int64) % (high - low)).reshape(shape)


def prefix_mask(seed: str, shape: list[int], low: int, high: int) -> np.ndarray:
    """0 and 1, float32 [rows, columns]: row r starts with integers(seed)[r] ones, between low and high - 1 of them."""
    lengths = integers(seed, [shape[0]], low, high)
    return (np.arange(shape[1])[None, :] < lengths[:, None]).astype(np.float32)
