"""ReversibleEmbedding: an embedding that also makes scores of vectors, x E^T.

Applied as a layer it gives vectors; shared with `reverse = true`, scores for each number, with the
same table (`tie_weights`) or with one of its own.
Source: Press and Wolf (2016), https://arxiv.org/abs/1608.05859;
https://keras.io/api/layers/core_layers/reversible_embedding/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, Name, attribute, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.embedding import EmbeddingBase, not_zero, whole
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Positive


class ReversibleEmbedding(EmbeddingBase):
    """Whole numbers (N, ...) to vectors (N, ..., output_dim), and back to scores."""

    type: Literal["reversible_embedding"]
    tie_weights: bool = Field(True, description="Whether both ways use the same numbers.")
    logit_soft_cap: Positive | None = Field(
        None, description="The bound c of the scores s, which become c tanh(s / c)."
    )

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        reverse = Weight(
            "reverse_embeddings", (self.output_dim, self.input_dim), self.embeddings_initializer
        )
        return (*super().weights(*inputs), *(() if self.tie_weights else (reverse,)))

    def reversed_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if shape[-1:] != (self.output_dim,):
            raise ShapeError(
                f"the reversed embedding takes vectors of length {self.output_dim}, "
                f"found {shape_text(shape)}",
                "bring its input to that length with a dense layer",
            )
        return (*shape[:-1], self.input_dim)


@lowers(ReversibleEmbedding, "keras")
def keras(layer: ReversibleEmbedding, node: ResolvedNode) -> Call:
    """`layers.ReversibleEmbedding`."""
    options: dict[str, Expression] = {} if layer.tie_weights else {"tie_weights": False}
    if layer.logit_soft_cap is not None:
        options["logit_soft_cap"] = layer.logit_soft_cap
    options |= layer.keras_arguments()
    sizes = (layer.input_dim, layer.output_dim)
    return call("layers.ReversibleEmbedding", *sizes, **options, name=node.name)


@lowers(ReversibleEmbedding, "torch")
def torch(layer: ReversibleEmbedding, node: ResolvedNode) -> TorchLayer:
    """`nn.Embedding`, whose weight is also that of a linear function."""

    def vectors(module: Name, ids: Expression) -> Expression:
        return call(module, whole(ids, node))

    def scores(module: Name, x: Expression) -> Expression:
        if layer.tie_weights:
            y: Expression = call("F.linear", x, attribute(module, "weight"))
        else:
            y = Binary(x, "@", attribute(module, "reverse_embeddings"))
        if layer.logit_soft_cap is None:
            return y
        cap = layer.logit_soft_cap
        return Binary(call("torch.tanh", Binary(y, "/", cap)), "*", cap)

    kind = (
        Name("nn.Embedding") if layer.tie_weights else Name("UntiedEmbedding", "torch/embeddings")
    )
    return TorchLayer(
        module=call(kind, layer.input_dim, layer.output_dim),
        function=scores if node.reverse else vectors,
        weights={
            "embeddings": Name("weight"),
            "reverse_embeddings": Name("reverse_embeddings"),
        },
        mask=not_zero,
    )
