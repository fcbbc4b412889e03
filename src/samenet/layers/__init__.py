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
from samenet.layers.adaptive_pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
)
from samenet.layers.attention import AdditiveAttention, Attention
from samenet.layers.augmentation import (
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomZoom,
)
from samenet.layers.base import Layer, WeightedLayer
from samenet.layers.batch_normalization import BatchNormalization
from samenet.layers.bidirectional import Bidirectional
from samenet.layers.concatenate import Concatenate
from samenet.layers.conv import Conv1D, Conv2D, Conv3D
from samenet.layers.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from samenet.layers.conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from samenet.layers.dense import Dense
from samenet.layers.depth_to_space import DepthToSpace, SpaceToDepth
from samenet.layers.depthwise_conv import DepthwiseConv1D, DepthwiseConv2D
from samenet.layers.dot import Dot
from samenet.layers.dropout import (
    AlphaDropout,
    Dropout,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from samenet.layers.einsum_dense import EinsumDense
from samenet.layers.elu import ELU
from samenet.layers.embedding import Embedding
from samenet.layers.flatten import Flatten
from samenet.layers.gaussian_noise import GaussianDropout, GaussianNoise
from samenet.layers.gelu import GELU
from samenet.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from samenet.layers.group_normalization import GroupNormalization
from samenet.layers.grouped_query_attention import GroupedQueryAttention
from samenet.layers.gru import GRU
from samenet.layers.identity import Identity
from samenet.layers.layer_normalization import LayerNormalization
from samenet.layers.lstm import LSTM
from samenet.layers.masking import Masking
from samenet.layers.merging import Add, Average, Maximum, Minimum, Multiply, Subtract
from samenet.layers.multi_head_attention import MultiHeadAttention
from samenet.layers.normalization import Normalization
from samenet.layers.padding import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from samenet.layers.parameter import Parameter, Scale
from samenet.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from samenet.layers.position_embedding import PositionEmbedding
from samenet.layers.prelu import PReLU
from samenet.layers.relu import LeakyReLU, ReLU
from samenet.layers.rescaling import Rescaling
from samenet.layers.reshaping import Permute, RepeatVector, Reshape
from samenet.layers.resizing import CenterCrop, Resizing
from samenet.layers.reversible_embedding import ReversibleEmbedding
from samenet.layers.rms_normalization import RMSNormalization
from samenet.layers.separable_conv import SeparableConv1D, SeparableConv2D
from samenet.layers.simple_rnn import SimpleRNN
from samenet.layers.sine_position_encoding import SinePositionEncoding
from samenet.layers.slicing import SliceLayer
from samenet.layers.softmax import Softmax
from samenet.layers.time_distributed import TimeDistributed
from samenet.layers.unit_normalization import UnitNormalization
from samenet.layers.up_sampling import UpSampling1D, UpSampling2D, UpSampling3D

AnyLayer = Annotated[
    Activation
    | ActivityRegularization
    | AdaptiveAveragePooling1D
    | AdaptiveAveragePooling2D
    | AdaptiveAveragePooling3D
    | AdaptiveMaxPooling1D
    | AdaptiveMaxPooling2D
    | AdaptiveMaxPooling3D
    | Add
    | AdditiveAttention
    | AlphaDropout
    | Attention
    | Average
    | AveragePooling1D
    | AveragePooling2D
    | AveragePooling3D
    | BatchNormalization
    | Bidirectional
    | CenterCrop
    | Concatenate
    | Conv1D
    | Conv1DTranspose
    | Conv2D
    | Conv2DTranspose
    | Conv3D
    | Conv3DTranspose
    | ConvLSTM1D
    | ConvLSTM2D
    | ConvLSTM3D
    | Cropping1D
    | Cropping2D
    | Cropping3D
    | Dense
    | DepthToSpace
    | DepthwiseConv1D
    | DepthwiseConv2D
    | Dot
    | Dropout
    | ELU
    | EinsumDense
    | Embedding
    | Flatten
    | GELU
    | GRU
    | GaussianDropout
    | GaussianNoise
    | GlobalAveragePooling1D
    | GlobalAveragePooling2D
    | GlobalAveragePooling3D
    | GlobalMaxPooling1D
    | GlobalMaxPooling2D
    | GlobalMaxPooling3D
    | GroupNormalization
    | GroupedQueryAttention
    | Identity
    | LSTM
    | LayerNormalization
    | LeakyReLU
    | Masking
    | MaxPooling1D
    | MaxPooling2D
    | MaxPooling3D
    | Maximum
    | Minimum
    | MultiHeadAttention
    | Multiply
    | Normalization
    | PReLU
    | Parameter
    | Permute
    | PositionEmbedding
    | RMSNormalization
    | RandomContrast
    | RandomCrop
    | RandomFlip
    | RandomRotation
    | RandomZoom
    | ReLU
    | RepeatVector
    | Rescaling
    | Reshape
    | Resizing
    | ReversibleEmbedding
    | Scale
    | SeparableConv1D
    | SeparableConv2D
    | SimpleRNN
    | SinePositionEncoding
    | SliceLayer
    | Softmax
    | SpaceToDepth
    | SpatialDropout1D
    | SpatialDropout2D
    | SpatialDropout3D
    | Subtract
    | TimeDistributed
    | UnitNormalization
    | UpSampling1D
    | UpSampling2D
    | UpSampling3D
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
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "AnyLayer",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "DepthToSpace",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupedQueryAttention",
    "Identity",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Parameter",
    "Permute",
    "PositionEmbedding",
    "RMSNormalization",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "ReversibleEmbedding",
    "Scale",
    "SeparableConv1D",
    "SeparableConv2D",
    "SimpleRNN",
    "SinePositionEncoding",
    "SliceLayer",
    "Softmax",
    "SpaceToDepth",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "WeightedLayer",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]
