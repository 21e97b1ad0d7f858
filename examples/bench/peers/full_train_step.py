"""A full fine-tuning step of a GPT-2-shaped model in PyTorch: forward, mean cross-entropy of every token, backward into
all weights, AdamW. The head is the embedding.

Shapes come from the environment: L layers, D width, H heads, V vocabulary, T tokens a row, B rows.
"""
import torch
import torch.nn.functional as F

from gpt2 import logits, weights
from measure import measure, shape

L, D, H, V, T, B = shape(L=6, D=256, H=8, V=4096, T=128, B=16)


def leaves(tree):
    if isinstance(tree, torch.Tensor):
        return [tree]
    return [leaf for branch in (tree.values() if isinstance(tree, dict) else tree) for leaf in leaves(branch)]


model = weights(L, D, V, T)
optimizer = torch.optim.AdamW([leaf.requires_grad_() for leaf in leaves(model)], lr=1e-4, weight_decay=0.0)
rows = torch.randint(0, V, (B, T + 1))


def step():
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(logits(model, rows[:, :-1], H).reshape(-1, V), rows[:, 1:].reshape(-1)).backward()
    optimizer.step()


measure(step, tokens=B * T)
