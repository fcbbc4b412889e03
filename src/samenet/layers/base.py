"""What every layer has: a name, inputs, a rule for its output shape, its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, TypeVar

from pydantic import Field

from samenet.constraints import Constraint
from samenet.graph.ir import DType, Shape, ShapeError, Weight, shape_text
from samenet.initializers import Initializer
from samenet.regularizers import ActivityRegularizer, Regularizer
from samenet.schema import LayerName, Model, Rate, References, kind_of

ActivationName = Literal[
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
]
"""The functions of `keras.activations` that have no arguments and keep the shape."""


class Layer(Model):
    """A layer; a subclass adds a `type` and Keras' arguments."""

    ARITY: ClassVar[tuple[int, int | None]] = (1, 1)
    """The smallest and the largest number of `inputs`; None for no limit."""

    REFERENCES: ClassVar[tuple[str, ...]] = ()
    """Fields (of type `References | None`) that name further values, e.g. `initial_state`."""

    SUPPORTS_MASKING: ClassVar[bool] = False
    """Keras' `supports_masking`: whether the mask of the input goes on with the output."""

    USES_MASKS: ClassVar[bool] = False
    """Whether the output depends on the mask, so that the PyTorch lowering is told of it."""

    INTEGERS: ClassVar[Literal["refuses", "keeps", "takes"]] = "refuses"
    """Whether the inputs may be whole numbers, and if so, whether the outputs are too ("keeps")."""

    EXACT_GRADIENT: ClassVar[bool] = True
    """Whether both frameworks give its inputs the right gradient."""

    name: LayerName | None = Field(None, description="A name of your own, unique in the network.")
    inputs: References | None = Field(
        None, description="The layers or inputs that it reads; by default the layer before it."
    )

    @property
    def computes(self) -> ActivationName:
        """The activation that the layer is, for a loss that looks for it at the end, or linear."""
        return "linear"

    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of the output for given input shapes, both without the batch.

        Raises:
            ShapeError: the layer cannot take such an input.
        """
        return inputs[0]

    def output_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes of all outputs; only a layer with several has to say so.

        Raises:
            ShapeError: the layer cannot take such an input.
        """
        return (self.output_shape(*inputs),)

    @property
    def output_count(self) -> int:
        """How many outputs it has."""
        return 1

    def reversed_shape(self, *inputs: Shape) -> Shape:
        """The shape of the output where the layer is shared with `reverse = true`.

        Raises:
            ShapeError: it cannot be applied backwards, or not to such an input.
        """
        del inputs
        raise ShapeError(
            f"{kind_of(type(self))} cannot be applied backwards",
            "remove reverse; only a reversible_embedding takes it",
        )

    def output_dtype(self, *inputs: DType) -> DType:
        """The type of the numbers in the outputs."""
        return inputs[0] if self.INTEGERS == "keeps" else "float"

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        """Which mask goes on with the first output.

        Args:
            masks: for each input, whether a mask comes with it.

        Returns:
            The number of the input whose mask it is, "own" for a mask that the layer makes (its
            PyTorch lowering has a `mask`), or None.
        """
        return 0 if self.SUPPORTS_MASKING and masks[0] else None

    def mask_shape(self, output: Shape, masks: Sequence[Shape | None]) -> Shape:
        """The shape of the mask that the layer makes, without the batch.

        Args:
            output: the shape of the first output.
            masks: the shapes of the masks of the inputs, or None.

        Raises:
            ShapeError: no mask can be made of these.
        """
        del masks
        return output[:-1]

    def mask_needed(self, inputs: Sequence[Shape]) -> Sequence[Shape | None]:
        """For each input, the shape that its mask has to have; None where that does not matter.

        Args:
            inputs: the shapes of the inputs.
        """
        return [shape[:1] if self.USES_MASKS else None for shape in inputs]

    def check_masks(self, inputs: Sequence[Shape], masks: Sequence[Shape | None]) -> None:
        """A layer that looks at masks must get those of the axes that its inputs have.

        Args:
            inputs: the shapes of the inputs.
            masks: the shapes of their masks, or None.

        Raises:
            ShapeError: it gets others.
        """
        for shape, mask, needed in zip(inputs, masks, self.mask_needed(inputs), strict=True):
            if mask is not None and needed is not None and mask != needed:
                raise ShapeError(
                    f"{kind_of(type(self))} takes a mask {shape_text(needed)} with an input "
                    f"{shape_text(shape)}, found a mask {shape_text(mask)}",
                    "make the mask behind the layer that changes the axes, or flatten before it",
                )

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        """Whether Keras' layer, which is built for the inputs of its first use, takes others.

        Args:
            first: the shapes at its first use.
            inputs: the shapes where it is shared; its weights fit them.
        """
        del first, inputs
        return True

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The weights that the layer owns, in Keras' order and layouts."""
        del inputs
        return ()

    def multiply_adds(self, *inputs: Shape) -> int:
        """Multiplications with an addition that a sample costs; only products of weights count."""
        del inputs
        return 0


class TrainableLayer(Layer):
    """A layer that owns weights."""

    trainable: bool = Field(
        True,
        description="Whether training changes its weights; a batch normalization that is not "
        "trained stays in inference mode.",
    )


LayerType = TypeVar("LayerType", bound=Layer)


def frozen(layer: LayerType) -> LayerType:
    """The layer, with weights that training leaves as they are."""
    if not isinstance(layer, TrainableLayer):
        return layer
    return layer.model_copy(update={"trainable": False})


class WeightedLayer(TrainableLayer):
    """A layer that may bring its activation, batch normalization and dropout along.

    The order is weights, [batch normalization], activation, [batch normalization], dropout;
    `graph.expand` turns them into layers of their own, so that no lowering sees them. (The Keras
    program writes an activation that follows at once as the argument `activation`.)
    """

    activation: ActivationName = Field("linear", description="The function after the weights.")
    batch_normalization: Literal["before_activation", "after_activation", "none"] = Field(
        "none", description="Whether and where the outputs are batch-normalized."
    )
    dropout: Rate = Field(0.0, description="The fraction of the outputs dropped in training.")
    activity_regularizer: ActivityRegularizer | None = Field(
        None, description="What the outputs (after the activation) add to the loss."
    )


class KernelAndBias(WeightedLayer):
    """A layer with a kernel and a bias."""

    use_bias: bool = Field(True, description="Whether a bias is added.")
    kernel_initializer: Initializer = Field("glorot_uniform", description="Of the kernel.")
    bias_initializer: Initializer = Field("zeros", description="Of the bias.")
    kernel_regularizer: Regularizer | None = Field(
        None, description="What the kernel adds to the loss."
    )
    bias_regularizer: Regularizer | None = Field(
        None, description="What the bias adds to the loss."
    )
    kernel_constraint: Constraint | None = Field(
        None, description="What the kernel is brought to after each step."
    )
    bias_constraint: Constraint | None = Field(
        None, description="What the bias is brought to after each step."
    )

    def kernel_and_bias(self, kernel: Shape, bias: Shape) -> tuple[Weight, ...]:
        """The two weights of given shapes, or the kernel alone."""
        weights = (
            Weight(
                "kernel",
                kernel,
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            ),
            Weight(
                "bias",
                bias,
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            ),
        )
        return weights if self.use_bias else weights[:1]
