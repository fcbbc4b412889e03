"""Recurrent layers in Keras' form: its biases and gates, masks, states, dropout.

Each takes a sequence (N, steps, features) and initial states (N, units), by default
zero, and gives the outputs of all steps (N, steps, units) and the last states.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch.nn import functional as F

import torch
from torch import Tensor, nn

Tensors = tuple[Tensor, ...]


def make_second_bias_constant(layer: nn.RNNBase) -> None:
    """Keras has one bias: PyTorch's second one becomes a constant zero."""
    zeros = torch.zeros_like(layer.get_parameter("bias_hh_l0"))
    del layer.bias_hh_l0
    layer.bias_hh_l0 = nn.Buffer(zeros, persistent=False)


class SimpleRNN(nn.RNN):
    """nn.RNN with one bias."""

    def __init__(
        self,
        features: int,
        units: int,
        *,
        nonlinearity: str = "tanh",
        bias: bool = True,
    ):
        super().__init__(
            features, units, nonlinearity=nonlinearity, bias=bias, batch_first=True
        )
        if bias:
            make_second_bias_constant(self)

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        y, last = super().forward(x, None if h is None else h[None])
        return y, last[0]


class LSTM(nn.LSTM):
    """nn.LSTM with one bias."""

    def __init__(self, features: int, units: int, *, bias: bool = True):
        super().__init__(features, units, bias=bias, batch_first=True)
        if bias:
            make_second_bias_constant(self)

    def forward(self, x: Tensor, *states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        given = (states[0][None], states[1][None]) if states else None
        y, (h, c) = super().forward(x, given)
        return y, h[0], c[0]


class GRU(nn.Module):
    """nn.GRU with its gates in Keras' order: update, reset, candidate."""

    def __init__(self, features: int, units: int, *, bias: bool = True):
        super().__init__()
        self.units = units
        self.kernel = nn.Parameter(torch.zeros(features, 3 * units))
        self.recurrent_kernel = nn.Parameter(torch.zeros(units, 3 * units))
        self.bias = nn.Parameter(torch.zeros(2, 3 * units)) if bias else None

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if h is None:
            h = x.new_zeros(len(x), self.units)
        bias = self.bias is not None
        options = (bias, 1, 0.0, self.training, False, True)
        y, last = torch.gru(x, h[None], self.weights(), *options)
        return y, last[0]

    def weights(self) -> list[Tensor]:
        """PyTorch's: reset before update, in one piece of memory, as cuDNN wants it."""
        biases = () if self.bias is None else self.bias
        own = (self.kernel.T, self.recurrent_kernel.T, *biases)
        gates = [(r, z, c) for z, r, c in (weight.chunk(3) for weight in own)]
        flat = torch.cat([gate.flatten() for three in gates for gate in three])
        parts = flat.split([weight.numel() for weight in own])
        return [part.view(w.shape) for part, w in zip(parts, own, strict=True)]


def all_steps(
    step: Callable[..., Tensors], x: Tensor, states: Tensors, mask: Tensor | None
) -> Tensors:
    """Outputs and last states; a step that the mask calls padding repeats both."""
    outputs: list[Tensor] = []
    for number, part in enumerate(x.unbind(1)):
        new = step(part, *states)
        if mask is not None:
            valid = mask[:, number].view(-1, *(1 for _ in new[0].shape[1:]))
            pairs = zip(new, states, strict=True)
            new = tuple(torch.where(valid, *pair) for pair in pairs)
        states = new
        outputs.append(states[0])
    return torch.stack(outputs, dim=1), *states


def gate_dropout(x: Tensor, gates: int, rate: float) -> Tensor:
    """Factors of x for each gate, (gates, N, ...)."""
    return torch.stack([F.dropout(torch.ones_like(x), rate) for _ in range(gates)])


class Stepwise(nn.Module):
    """A recurrent layer as a loop, for what PyTorch's own layers lack.

    That is masks, other activations, dropout of states, a reset before the product.
    """

    gates: int
    state_count = 1
    bias_count = 1

    def __init__(
        self,
        features: int,
        units: int,
        *,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        recurrent_activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ):
        super().__init__()
        self.units = units
        self.activation = activation
        self.recurrent_activation = recurrent_activation
        self.dropout, self.recurrent_dropout = dropout, recurrent_dropout
        width = self.gates * units
        self.kernel = nn.Parameter(torch.zeros(features, width))
        self.recurrent_kernel = nn.Parameter(torch.zeros(units, width))
        shape = (width,) if self.bias_count == 1 else (self.bias_count, width)
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(
        self, x: Tensor, *initial: Tensor, mask: Tensor | None = None
    ) -> Tensors:
        zeros = x.new_zeros(len(x), self.units)
        states = initial or (zeros,) * self.state_count
        projected = self.project(x)
        kept = self.kept(zeros, self.recurrent_dropout)
        return all_steps(partial(self.step, kept), projected, states, mask)

    def step(self, kept: Tensor | None, x: Tensor, *states: Tensor) -> Tensors:
        """The states after a step; the first is the output."""
        raise NotImplementedError

    def project(self, x: Tensor) -> Tensor:
        """The part of all gates that the inputs decide, for all steps."""
        kept = self.kept(x[:, 0], self.dropout)
        if kept is None:
            y = x @ self.kernel
        else:
            kernel = self.kernel.unflatten(1, (self.gates, -1))
            y = torch.einsum("nti,gni,igu->ntgu", x, kept, kernel).flatten(2)
        if self.bias is None:
            return y
        return y + (self.bias if self.bias_count == 1 else self.bias[0])

    def recur(self, h: Tensor, kept: Tensor | None, first: int, last: int) -> Tensor:
        """The states times the recurrent kernel of the gates from first to last."""
        kernel = self.recurrent_kernel.unflatten(1, (self.gates, -1))[:, first:last]
        if kept is None:
            return h @ kernel.flatten(1)
        return torch.einsum("nh,gnh,hgu->ngu", h, kept[first:last], kernel).flatten(1)

    def kept(self, x: Tensor, rate: float) -> Tensor | None:
        """What dropout keeps of a step, for each gate, the same at all steps."""
        return gate_dropout(x, self.gates, rate) if self.training and rate else None


class StepwiseSimpleRNN(Stepwise):
    """h = activation(x W + h U + b)."""

    gates = 1

    def step(self, kept: Tensor | None, x: Tensor, *states: Tensor) -> Tensors:
        return (self.activation(x + self.recur(states[0], kept, 0, 1)),)


class StepwiseLSTM(Stepwise):
    """An LSTM: gates for input, forgetting, candidate, output."""

    gates = 4
    state_count = 2

    def step(self, kept: Tensor | None, x: Tensor, *states: Tensor) -> Tensors:
        h, c = states
        i, f, candidate, o = (x + self.recur(h, kept, 0, 4)).chunk(4, dim=1)
        forgotten = self.recurrent_activation(f) * c
        c = forgotten + self.recurrent_activation(i) * self.activation(candidate)
        return self.recurrent_activation(o) * self.activation(c), c


class StepwiseGRU(Stepwise):
    """A GRU with the reset gate after the product; a bias before and one behind it."""

    gates = 3
    bias_count = 2

    def step(self, kept: Tensor | None, x: Tensor, *states: Tensor) -> Tensors:
        (h,) = states
        inner = self.recur(h, kept, 0, 3)
        if self.bias is not None:
            inner = inner + self.bias[1]
        x_z, x_r, x_c = x.chunk(3, dim=1)
        h_z, h_r, h_c = inner.chunk(3, dim=1)
        z = self.recurrent_activation(x_z + h_z)
        r = self.recurrent_activation(x_r + h_r)
        return (z * h + (1 - z) * self.activation(x_c + r * h_c),)


class StepwiseResetBeforeGRU(Stepwise):
    """A GRU with the reset gate before the product, as first published."""

    gates = 3

    def step(self, kept: Tensor | None, x: Tensor, *states: Tensor) -> Tensors:
        (h,) = states
        x_z, x_r, x_c = x.chunk(3, dim=1)
        h_z, h_r = self.recur(h, kept, 0, 2).chunk(2, dim=1)
        z = self.recurrent_activation(x_z + h_z)
        r = self.recurrent_activation(x_r + h_r)
        candidate = self.activation(x_c + self.recur(r * h, kept, 2, 3))
        return (z * h + (1 - z) * candidate,)


class ConvLSTM(nn.Module):
    """An LSTM whose products are convolutions: (N, steps, spatial..., channels)."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel_size: tuple[int, ...],
        *,
        stride: int | tuple[int, ...] = 1,
        pad: tuple[int, ...] = (),
        dilation: int | tuple[int, ...] = 1,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        recurrent_activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ):
        super().__init__()
        self.stride, self.pad, self.dilation = stride, pad, dilation
        self.activation = activation
        self.recurrent_activation = recurrent_activation
        self.dropout, self.recurrent_dropout = dropout, recurrent_dropout
        width = 4 * filters
        self.kernel = nn.Parameter(torch.zeros(width, channels, *kernel_size))
        self.recurrent_kernel = nn.Parameter(torch.zeros(width, filters, *kernel_size))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None
        self.convolution = (F.conv1d, F.conv2d, F.conv3d)[len(kernel_size) - 1]
        # F.pad counts from the last axis; of an odd sum the end gets more.
        sums = [size - 1 for size in reversed(kernel_size)]
        self.same = tuple(part for n in sums for part in (n // 2, n - n // 2))

    def forward(
        self, x: Tensor, *initial: Tensor, mask: Tensor | None = None
    ) -> Tensors:
        projected = self.project(x.movedim(-1, 2))
        zeros = torch.zeros_like(projected[:, 0].chunk(4, dim=1)[0])
        states = tuple(state.movedim(-1, 1) for state in initial) or (zeros, zeros)
        kept = self.kept(zeros, self.recurrent_dropout)
        y, h, c = all_steps(partial(self.step, kept), projected, states, mask)
        return y.movedim(2, -1), h.movedim(1, -1), c.movedim(1, -1)

    def step(self, kept: Tensor | None, x: Tensor, h: Tensor, c: Tensor) -> Tensors:
        inner = self.products(h, kept, self.recurrent_kernel, self.same)
        i, f, candidate, o = (x + inner).chunk(4, dim=1)
        forgotten = self.recurrent_activation(f) * c
        c = forgotten + self.recurrent_activation(i) * self.activation(candidate)
        return self.recurrent_activation(o) * self.activation(c), c

    def project(self, x: Tensor) -> Tensor:
        """The part of all gates that the inputs decide, for all steps."""
        kept = self.kept(x[:, 0], self.dropout)
        if kept is not None:
            kept = kept.repeat_interleave(x.shape[1], dim=1)
        options = {"stride": self.stride, "dilation": self.dilation, "bias": self.bias}
        y = self.products(x.flatten(0, 1), kept, self.kernel, self.pad, **options)
        return y.unflatten(0, x.shape[:2])

    def products(
        self,
        x: Tensor,
        kept: Tensor | None,
        kernel: Tensor,
        pad: tuple[int, ...],
        bias: Tensor | None = None,
        **options: Any,
    ) -> Tensor:
        """The convolutions of all gates, each with what dropout keeps for it."""
        if kept is None:
            return self.convolution(F.pad(x, pad), kernel, bias, **options)
        parts = zip(kept, kernel.chunk(4), strict=True)
        gates = [
            self.convolution(F.pad(x * k, pad), part, **options) for k, part in parts
        ]
        y = torch.cat(gates, dim=1)
        return y if bias is None else y + bias.view(-1, *(1 for _ in y.shape[2:]))

    def kept(self, x: Tensor, rate: float) -> Tensor | None:
        """What dropout keeps of a step, for each gate, the same at all steps."""
        return gate_dropout(x, 4, rate) if self.training and rate else None


class InputDropout(nn.Module):
    """A recurrent layer whose inputs lose the same features at all steps of a call."""

    def __init__(self, layer: nn.Module, rate: float):
        super().__init__()
        self.layer, self.rate = layer, rate

    def forward(self, x: Tensor, *states: Tensor, **mask: Tensor) -> Tensors:
        kept = F.dropout(torch.ones_like(x[:, :1]), self.rate, self.training)
        return self.layer(x * kept, *states, **mask)


def side_by_side(y: Tensor, z: Tensor) -> Tensor:
    """Both, behind each other on the last axis."""
    return torch.cat((y, z), dim=-1)


def average(y: Tensor, z: Tensor) -> Tensor:
    """The mean of both."""
    return (y + z) / 2


class Bidirectional(nn.Module):
    """A recurrent layer along the sequence and another one against it."""

    def __init__(
        self,
        forward_layer: nn.Module,
        backward_layer: nn.Module,
        *,
        merge: Callable[[Tensor, Tensor], Tensor] | None = side_by_side,
        return_sequences: bool = False,
    ):
        super().__init__()
        self.forward_layer, self.backward_layer = forward_layer, backward_layer
        self.merge, self.return_sequences = merge, return_sequences

    def forward(
        self, x: Tensor, *states: Tensor, mask: Tensor | None = None
    ) -> Tensors:
        """The joined outputs and all last states; at padding the outputs are 0."""
        half = len(states) // 2
        masks = ({}, {}) if mask is None else ({"mask": mask}, {"mask": mask.flip(1)})
        y, *ends = self.forward_layer(x, *states[:half], **masks[0])
        z, *starts = self.backward_layer(x.flip(1), *states[half:], **masks[1])
        if self.return_sequences:
            z = z.flip(1)
            if mask is not None:
                y, z = (torch.where(mask[..., None], part, 0.0) for part in (y, z))
        else:
            y, z = y[:, -1], z[:, -1]
        outputs = (y, z) if self.merge is None else (self.merge(y, z),)
        return *outputs, *ends, *starts


def sparse_sigmoid(x: Tensor) -> Tensor:
    """0 below -1, 1 above 1, a line between."""
    return (F.hardtanh(x) + 1) / 2


def zero_at_padding(results: Tensors, mask: Tensor) -> Tensors:
    """The outputs, 0 where the mask says padding, and the states."""
    y, *states = results
    return torch.where(
        mask.view(*mask.shape, *(1 for _ in y.shape[2:])), y, 0.0
    ), *states


def last_step(results: Tensors) -> Tensors:
    """The output of the last step, and the states."""
    return results[0][:, -1], *results[1:]
