"""One cached decoding step of a GPT-2-shaped model in PyTorch: B rows, T cached positions, no gradient, no sampling.

Shapes come from the environment: L layers, D width, H heads, V vocabulary, T cached positions, B rows.
"""
import torch
import torch.nn.functional as F

from measure import measure, shape

L, D, H, V, T, B = shape(L=12, D=768, H=12, V=50257, T=64, B=8)


def normal(*size):
    return torch.randn(*size) * 0.02


def layer():
    linear = lambda out, inputs: (normal(out, inputs), torch.zeros(out))
    return dict(norm_1=(torch.ones(D), torch.zeros(D)), norm_2=(torch.ones(D), torch.zeros(D)), qkv=linear(3 * D, D),
                proj=linear(D, D), fc=linear(4 * D, D), out=linear(D, 4 * D),
                keys=normal(B, H, T, D // H), values=normal(B, H, T, D // H))


token_embedding, position_embedding = normal(V, D), normal(T + 1, D)
layers = [layer() for _ in range(L)]
final_norm = (torch.ones(D), torch.zeros(D))
tokens = torch.randint(0, V, (B,))


@torch.no_grad()
def step():
    x = token_embedding[tokens] + position_embedding[T]
    for p in layers:
        qkv = F.linear(F.layer_norm(x, (D,), *p["norm_1"]), *p["qkv"])
        q, k, v = qkv.view(B, 3, H, 1, D // H).unbind(1)
        keys, values = torch.cat([p["keys"], k], 2), torch.cat([p["values"], v], 2)
        mixed = F.softmax(q @ keys.transpose(-1, -2) / (D // H) ** 0.5, -1) @ values
        x = x + F.linear(mixed.reshape(B, D), *p["proj"])
        x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (D,), *p["norm_2"]), *p["fc"]), approximate="tanh"), *p["out"])
    return F.linear(F.layer_norm(x, (D,), *final_norm), token_embedding)


measure(step, tokens=B)
