"""A GPT-2-shaped model in PyTorch, with weights and biases as GPT-2 has them, [out, in]."""
import math

import torch
import torch.nn.functional as F


def normal(*size):
    return torch.randn(*size) * 0.02


def linear(out, inputs):
    return normal(out, inputs), torch.zeros(out)


def weights(L, D, V, positions):
    def norm():
        return torch.ones(D), torch.zeros(D)

    def layer():
        return dict(norm_1=norm(), qkv=linear(3 * D, D), proj=linear(D, D),
                    norm_2=norm(), fc=linear(4 * D, D), out=linear(D, 4 * D))

    return dict(tokens=normal(V, D), positions=normal(positions, D), layers=[layer() for _ in range(L)], norm=norm())


def logits(model, inputs, heads, adapters=None, scale=2.0):
    """[rows, width, vocab] of teacher-forced rows; adapters are pairs (A, B) on the attention's input projection."""
    rows, width = inputs.shape
    D = model["tokens"].shape[1]
    causal = torch.full((width, width), -1e9).triu(1)

    def by_head(x):
        return x.view(rows, width, heads, D // heads).transpose(1, 2)

    x = model["tokens"][inputs] + model["positions"][:width]
    for index, p in enumerate(model["layers"]):
        h = F.layer_norm(x, (D,), *p["norm_1"])
        qkv = F.linear(h, *p["qkv"])
        if adapters is not None:
            a, b = adapters[index]
            qkv = qkv + scale * F.linear(F.linear(h, a), b)
        q, k, v = map(by_head, qkv.split(D, -1))
        mixed = F.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // heads) + causal, -1) @ v
        x = x + F.linear(mixed.transpose(1, 2).reshape(rows, width, D), *p["proj"])
        # GPT-2's tanh form, in the one fused kernel PyTorch has for it
        x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (D,), *p["norm_2"]), *p["fc"]), approximate="tanh"), *p["out"])
    return F.linear(F.layer_norm(x, (D,), *model["norm"]), model["tokens"])
