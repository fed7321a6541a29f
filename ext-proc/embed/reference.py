"""Embeds texts with all-MiniLM-L6-v2 in double precision: what the crate is compared with.

    pip install numpy scipy tokenizers
    python reference.py FOLDER < pairs.tsv > reference.jsonl

A line of the input is a text, or texts separated by tabs. A line of the output is `{"text", "embedding"}`.
"""

import json
import struct
import sys

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

folder = sys.argv[1]
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(256)

with open(f"{folder}/model.safetensors", "rb") as file:
    data = file.read()
(size,) = struct.unpack("<Q", data[:8])
weights = {}
for name, tensor in json.loads(data[8 : 8 + size]).items():
    if tensor.get("dtype") == "F32":
        start, end = tensor["data_offsets"]
        flat = np.frombuffer(data[8 + size + start : 8 + size + end], dtype="<f4")
        weights[name] = flat.reshape(tensor["shape"]).astype(np.float64)


def linear(x, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def normalise(x, name):
    x = x - x.mean(-1, keepdims=True)
    x /= np.sqrt((x**2).mean(-1, keepdims=True) + 1e-12)
    return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def embed(text):
    ids = tokenizer.encode(text).ids
    n = len(ids)
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][:n]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = normalise(x, "embeddings.LayerNorm")
    for i in range(6):
        layer = f"encoder.layer.{i}"
        q, k, v = (
            linear(x, f"{layer}.attention.self.{part}").reshape(n, 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ v).transpose(1, 0, 2).reshape(n, 384)
        x = normalise(x + linear(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        wide = linear(x, f"{layer}.intermediate.dense")
        wide *= 0.5 * (1 + erf(wide / np.sqrt(2)))
        x = normalise(x + linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


for line in sys.stdin:
    for text in line.rstrip("\n").split("\t"):
        embedding = [round(float(x), 7) for x in embed(text)]
        print(json.dumps({"text": text, "embedding": embedding}))
