"""The catalogue of layers: one file each, and the union that lists them all.

A layer is its class (Keras' arguments and defaults), its shape and weight rules, and one lowering
for each framework, side by side in one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, get_args

from pydantic import Field

from samenet.graph.ir import kind_of
from samenet.layers.activation import Activation
from samenet.layers.activity_regularization import ActivityRegularization
from samenet.layers.base import Layer, WeightedLayer
from samenet.layers.batch_normalization import BatchNormalization
from samenet.layers.concatenate import Concatenate
from samenet.layers.dense import Dense
from samenet.layers.depth_to_space import DepthToSpace, SpaceToDepth
from samenet.layers.dot import Dot
from samenet.layers.dropout import Dropout
from samenet.layers.embedding import Embedding
from samenet.layers.flatten import Flatten
from samenet.layers.gru import GRU
from samenet.layers.lstm import LSTM
from samenet.layers.masking import Masking
from samenet.layers.merging import Add, Average, Maximum, Minimum, Multiply, Subtract
from samenet.layers.padding import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from samenet.layers.reshaping import Permute, RepeatVector, Reshape
from samenet.layers.simple_rnn import SimpleRNN
from samenet.layers.slicing import SliceLayer

AnyLayer = Annotated[
    Activation
    | ActivityRegularization
    | Add
    | Average
    | BatchNormalization
    | Concatenate
    | Cropping1D
    | Cropping2D
    | Cropping3D
    | Dense
    | DepthToSpace
    | Dot
    | Dropout
    | Embedding
    | Flatten
    | GRU
    | LSTM
    | Masking
    | Maximum
    | Minimum
    | Multiply
    | Permute
    | RepeatVector
    | Reshape
    | SimpleRNN
    | SliceLayer
    | SpaceToDepth
    | Subtract
    | ZeroPadding1D
    | ZeroPadding2D
    | ZeroPadding3D,
    Field(discriminator="type"),
]  # fmt: skip

CATALOGUE: Mapping[str, type[Layer]] = MappingProxyType(
    {kind_of(layer): layer for layer in get_args(get_args(AnyLayer)[0])}
)
"""The class of each layer type."""

__all__ = [
    "CATALOGUE",
    "GRU",
    "LSTM",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AnyLayer",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "DepthToSpace",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "Layer",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SimpleRNN",
    "SliceLayer",
    "SpaceToDepth",
    "Subtract",
    "WeightedLayer",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]
