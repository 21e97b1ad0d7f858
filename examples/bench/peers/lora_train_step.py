"""A LoRA training step of a GPT-2-shaped model in PyTorch: forward, mean cross-entropy of every token, backward into
the adapters of the attention input projections, AdamW. Base weights are frozen.

Shapes come from the environment: L layers, D width, H heads, V vocabulary, T tokens a row, B rows, R adapter rank.
"""
import math

import torch
import torch.nn.functional as F

from measure import measure, shape

L, D, H, V, T, B, R = shape(L=12, D=768, H=12, V=50257, T=64, B=8, R=8)
SCALE = 2.0


def normal(*size):
    return torch.randn(*size) * 0.02


def layer():
    """Weights and biases as GPT-2 has them, [out, in]; the adapter starts with B = 0."""
    linear = lambda out, inputs: (normal(out, inputs), torch.zeros(out))
    return dict(norm_1=(torch.ones(D), torch.zeros(D)), norm_2=(torch.ones(D), torch.zeros(D)), qkv=linear(3 * D, D),
                proj=linear(D, D), fc=linear(4 * D, D), out=linear(D, 4 * D),
                lora_a=normal(R, D).requires_grad_(), lora_b=torch.zeros(3 * D, R).requires_grad_())


token_embedding, position_embedding = normal(V, D), normal(T, D)
layers = [layer() for _ in range(L)]
final_norm = (torch.ones(D), torch.zeros(D))
optimizer = torch.optim.AdamW([p[name] for p in layers for name in ("lora_a", "lora_b")], lr=1e-4, weight_decay=0.0)

rows = torch.randint(0, V, (B, T + 1))
inputs, targets = rows[:, :-1], rows[:, 1:]
causal = torch.full((T, T), -1e9).triu(1)


def heads(x):
    return x.view(B, T, H, D // H).transpose(1, 2)


def logits():
    x = token_embedding[inputs] + position_embedding
    for p in layers:
        h = F.layer_norm(x, (D,), *p["norm_1"])
        qkv = F.linear(h, *p["qkv"]) + SCALE * F.linear(F.linear(h, p["lora_a"]), p["lora_b"])
        q, k, v = map(heads, qkv.split(D, -1))
        mixed = F.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // H) + causal, -1) @ v
        x = x + F.linear(mixed.transpose(1, 2).reshape(B, T, D), *p["proj"])
        # GPT-2's tanh form, in the one fused kernel PyTorch has for it
        x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (D,), *p["norm_2"]), *p["fc"]), approximate="tanh"), *p["out"])
    return F.linear(F.layer_norm(x, (D,), *final_norm), token_embedding)


def step():
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(logits().reshape(-1, V), targets.reshape(-1)).backward()
    optimizer.step()


measure(step, tokens=B * T)
