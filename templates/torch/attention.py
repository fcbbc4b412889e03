"""Attention in Keras' form: heads of any size, masks in which True attends."""

from torch.nn import functional as F

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    """Keras' attention: heads of any size, which nn.MultiheadAttention ties together.

    Queries (N, T, features), values and keys (N, S, ...) to (N, T, outputs).
    """

    def __init__(
        self,
        features: int,
        num_heads: int,
        key_dim: int,
        *,
        value_dim: int | None = None,
        value_features: int | None = None,
        key_features: int | None = None,
        key_value_heads: int | None = None,
        outputs: int | None = None,
        bias: bool = True,
        gate: bool = False,
        dropout: float = 0.0,
        zeros_for_nowhere: bool = False,
    ):
        super().__init__()
        self.mean_for_nowhere = not (dropout or zeros_for_nowhere)
        self.key_dim, self.value_dim = key_dim, value_dim or key_dim
        self.dropout = dropout
        value_features = value_features or features
        heads = key_value_heads or num_heads
        width = num_heads * self.value_dim
        self.query = nn.Linear(features, num_heads * key_dim, bias)
        self.key = nn.Linear(key_features or value_features, heads * key_dim, bias)
        self.value = nn.Linear(value_features, heads * self.value_dim, bias)
        self.gate = nn.Linear(features, width, bias) if gate else None
        self.attention_output = nn.Linear(width, outputs or features, bias)

    def forward(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> Tensor:
        """A mask (N, heads or 1, T, S) is True where a query may look at a value."""
        q = self.query(query).unflatten(-1, (-1, self.key_dim))
        k = self.key(value if key is None else key).unflatten(-1, (-1, self.key_dim))
        v = self.value(value).unflatten(-1, (-1, self.value_dim))
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        if mask is not None and self.mean_for_nowhere:
            # As in Keras, what may look nowhere gets the mean of all values.
            nowhere = ~mask.any(-1, keepdim=True)
            q, mask = q.masked_fill(nowhere, 0.0), mask | nowhere
        heads = F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=causal,
            enable_gqa=q.shape[1] != k.shape[1],
        )
        y = heads.transpose(1, 2).flatten(2)
        if self.gate is not None:
            y = y * torch.sigmoid(self.gate(query))
        return self.attention_output(y)


class Attention(nn.Module):
    """Keras' Attention: values weighed by scores of queries and keys."""

    def __init__(
        self, *, scale: bool = False, concat: bool = False, dropout: float = 0.0
    ):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(())) if scale else None
        self.concat_score_weight = nn.Parameter(torch.ones(())) if concat else None
        self.dropout = dropout

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        factor = 1.0 if self.scale is None else self.scale
        if self.concat_score_weight is None:
            return query @ key.mT * factor
        sums = torch.tanh(factor * (query[:, :, None] + key[:, None]))
        return self.concat_score_weight * sums.sum(-1)

    def forward(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        query_mask: Tensor | None = None,
    ) -> Tensor:
        """Masks are False at padding, and where a query may not look."""
        scores = self.scores(query, value if key is None else key)
        if mask is not None:
            scores = torch.where(mask, scores, scores - 1e9)
        weights = F.dropout(F.softmax(scores, dim=-1), self.dropout, self.training)
        y = weights @ value
        return y if query_mask is None else torch.where(query_mask[..., None], y, 0.0)


class AdditiveAttention(Attention):
    """Scores are sums of tanh(query + key), weighed by a factor for each feature."""

    def __init__(self, features: int, *, scale: bool = True, dropout: float = 0.0):
        super().__init__(dropout=dropout)
        self.scale = nn.Parameter(torch.ones(features)) if scale else None

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        sums = torch.tanh(query[:, :, None] + key[:, None])
        return (sums if self.scale is None else sums * self.scale).sum(-1)


def causal_mask(query: Tensor, value: Tensor) -> Tensor:
    """True where a value does not come behind the query, (T, S)."""
    size = query.shape[1], value.shape[1]
    return torch.ones(size, dtype=torch.bool, device=query.device).tril()


def window_mask(query: Tensor, value: Tensor, width: int) -> Tensor:
    """True where query and value are nearer than the width, (T, S)."""
    size = query.shape[1], value.shape[1]
    ones = torch.ones(size, dtype=torch.bool, device=query.device)
    return ones.tril(width - 1) & ones.triu(1 - width)


def folded(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """(N, ..., features) as (N * other axes, positions along the axes, features)."""
    others = [axis for axis in range(1, x.dim() - 1) if axis not in axes]
    x = x.permute(0, *others, *axes, x.dim() - 1)
    return x.flatten(len(others) + 1, -2).flatten(0, len(others))


def unfolded(y: Tensor, query: Tensor, axes: tuple[int, ...]) -> Tensor:
    """What was made of a folded query, with the query's axes."""
    others = [axis for axis in range(1, query.dim() - 1) if axis not in axes]
    order = [0, *others, *axes]
    sizes = [query.shape[axis] for axis in order]
    first = len(others) + 1
    y = y.unflatten(1, sizes[first:]).unflatten(0, sizes[:first])
    back = sorted(range(len(order)), key=order.__getitem__)
    return y.permute(*back, *range(len(order), y.dim()))
