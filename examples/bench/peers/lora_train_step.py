"""A LoRA training step of a GPT-2-shaped model in PyTorch: forward, mean cross-entropy of every token, backward into
the adapters of the attention input projections, AdamW. Base weights are frozen.

Shapes come from the environment: L layers, D width, H heads, V vocabulary, T tokens a row, B rows, R adapter rank.
"""
import torch
import torch.nn.functional as F

from gpt2 import logits, normal, weights
from measure import measure, shape

L, D, H, V, T, B, R = shape(L=12, D=768, H=12, V=50257, T=64, B=8, R=8)

model = weights(L, D, V, T)
# The adapter starts with B = 0.
adapters = [(normal(R, D).requires_grad_(), torch.zeros(3 * D, R).requires_grad_()) for _ in range(L)]
optimizer = torch.optim.AdamW([p for pair in adapters for p in pair], lr=1e-4, weight_decay=0.0)
rows = torch.randint(0, V, (B, T + 1))


def step():
    optimizer.zero_grad(set_to_none=True)
    predicted = logits(model, rows[:, :-1], H, adapters)
    F.cross_entropy(predicted.reshape(-1, V), rows[:, 1:].reshape(-1)).backward()
    optimizer.step()


measure(step, tokens=B * T)
