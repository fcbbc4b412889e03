"""Each class of `keras.layers` is in the catalogue, or there is a reason why not."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping

from samenet.layers import CATALOGUE

OTHER_NAMES: Mapping[str, str] = {"GroupQueryAttention": "grouped_query_attention"}
"""Classes of another name than the type in a spec."""

AUGMENTATION = "augmentation of images: not yet"
VOCABULARY = "makes numbers of texts or categories; specs begin with numbers"
FRAMEWORK = "wraps code of one framework"
MACHINERY = "a part or a base of other layers, which a spec does not name"

LEFT_OUT: Mapping[str, str] = {
    "AugMix": AUGMENTATION,
    "AutoContrast": AUGMENTATION,
    "CategoryEncoding": VOCABULARY,
    "ContrastLimitedAdaptiveHistogramEqualization": AUGMENTATION,
    "CutMix": AUGMENTATION + "; it changes the targets as well",
    "Discretization": VOCABULARY,
    "Equalization": AUGMENTATION,
    "FlaxLayer": FRAMEWORK,
    "GRUCell": MACHINERY,
    "HashedCrossing": VOCABULARY,
    "Hashing": VOCABULARY,
    "InputLayer": "inputs are tables of their own",
    "InputSpec": MACHINERY,
    "IntegerLookup": VOCABULARY,
    "JaxLayer": FRAMEWORK,
    "LSTMCell": MACHINERY,
    "Lambda": "holds code, which no spec may",
    "Layer": MACHINERY,
    "MaxNumBoundingBoxes": "takes boxes, which no spec has",
    "MelSpectrogram": "takes signals in a form that no other layer takes: not yet",
    "MixUp": AUGMENTATION + "; it changes the targets as well",
    "Pipeline": "a list of layers is a block",
    "RNN": MACHINERY,
    "RandAugment": AUGMENTATION,
    "RandomBrightness": AUGMENTATION,
    "RandomColorDegeneration": AUGMENTATION,
    "RandomColorJitter": AUGMENTATION,
    "RandomElasticTransform": AUGMENTATION,
    "RandomErasing": AUGMENTATION,
    "RandomGaussianBlur": AUGMENTATION,
    "RandomGrayscale": AUGMENTATION,
    "RandomHue": AUGMENTATION,
    "RandomInvert": AUGMENTATION,
    "RandomPerspective": AUGMENTATION,
    "RandomPosterization": AUGMENTATION,
    "RandomSaturation": AUGMENTATION,
    "RandomSharpness": AUGMENTATION,
    "RandomShear": AUGMENTATION,
    "RandomTranslation": AUGMENTATION,
    "STFTSpectrogram": "takes signals in a form that no other layer takes: not yet",
    "SimpleRNNCell": MACHINERY,
    "Solarization": AUGMENTATION,
    "SpectralNormalization": "a power iteration with a vector of its own in each step: not yet",
    "StackedRNNCells": MACHINERY,
    "StringLookup": VOCABULARY,
    "TFSMLayer": FRAMEWORK,
    "TextVectorization": VOCABULARY,
    "TorchModuleWrapper": FRAMEWORK,
    "Wrapper": MACHINERY,
}


def test_every_layer_of_keras_is_known_or_has_a_reason() -> None:
    layers = importlib.import_module("keras").layers
    names: dict[type, set[str]] = {}  # a class may have several, as Conv2D and Convolution2D
    for name, kind in inspect.getmembers(layers, inspect.isclass):
        names.setdefault(kind, set()).add(name)
    known = {name.replace("_", "") for name in CATALOGUE}
    known |= {name.lower() for name in OTHER_NAMES}
    missing = {
        min(words) for words in names.values() if not known & {word.lower() for word in words}
    }
    assert missing == set(LEFT_OUT)
    assert set(OTHER_NAMES.values()) <= set(CATALOGUE)
