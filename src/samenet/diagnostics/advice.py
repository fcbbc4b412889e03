"""What each piece of advice means: why it is given, its source, and examples without and with it.

The examples are as those of mistakes (`samenet.diagnostics.explanations`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from samenet.diagnostics import Code
from samenet.diagnostics.explanation import LAST, Explanation, layers

SRIVASTAVA = "Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html"
IOFFE = "Ioffe, Szegedy (2015), https://arxiv.org/abs/1502.03167"
LI = "Li et al. (2018), https://arxiv.org/abs/1801.05134"
GARBIN = "Garbin, Zhu, Marques (2020), https://doi.org/10.1007/s11042-019-08453-9"
WU = "Wu, He (2018), https://arxiv.org/abs/1803.08494"
SMITH = "Smith (2017), https://arxiv.org/abs/1506.01186"
BENGIO = "Bengio (2012), https://arxiv.org/abs/1206.5533"
PRECHELT = "Prechelt (1998), https://doi.org/10.1007/3-540-49430-8_3"
STOPPING = "https://keras.io/api/callbacks/early_stopping/"
PLATEAU = "https://keras.io/api/callbacks/reduce_lr_on_plateau/"

_HIDDEN = 'type = "dense"\nunits = 8\nactivation = "relu"'
_NORMALIZED = f'{_HIDDEN}\nuse_bias = false\nbatch_normalization = "before_activation"'
_DEEP = (_NORMALIZED, _NORMALIZED)
_SPLIT = '[data]\nsource = "mnist_5k"\nvalidation_split = 0.2'
_DIGITS = "[input]\nshape = [784]\n" + layers(LAST.replace("3", "10"))
_NUMBERS = '[training]\nloss = "mean_squared_error"'
_STOP = '[[callbacks]]\ntype = "early_stopping"\nrestore_best_weights = true\npatience = '
_CUT = '[[callbacks]]\ntype = "reduce_lr_on_plateau"\npatience = '

ADVICE: Mapping[Code, Explanation] = MappingProxyType(
    {
        Code.DROPOUT_RATE: Explanation(
            "Hidden units are usually dropped at a rate from 0.2 to 0.5, inputs at 0.2 or less: at "
            "0.5 most different networks are averaged, beyond it little is left to learn from, and "
            "a low rate hardly regularizes. Convolutions and transformers are used with lower "
            "rates, and are not warned of.",
            layers(f"{_HIDDEN}\ndropout = 0.8", LAST),
            layers(f"{_HIDDEN}\ndropout = 0.5", LAST),
            (SRIVASTAVA,),
        ),
        Code.DROPOUT_AT_OUTPUT: Explanation(
            "Behind the last weights dropout takes away part of the answer itself, which no later "
            "layer can make up for. Right before the output of a regression it makes the variance "
            "of the answers in training another one than in inference, and the scale is what a "
            "regression is about. Before the output of a classification it is common.",
            layers('type = "dense"\nunits = 1\ndropout = 0.3') + _NUMBERS,
            layers(f"{_HIDDEN}\ndropout = 0.3", _HIDDEN, 'type = "dense"\nunits = 1') + _NUMBERS,
            (SRIVASTAVA, LI),
        ),
        Code.DROPOUT_BEFORE_NORMALIZATION: Explanation(
            "Dropout scales what is left in training, so its output has another variance than in "
            "inference. Batch normalization collects the one in training and divides by it in "
            "inference, where it is wrong. Dropout belongs behind the normalization.",
            layers(*_DEEP, 'type = "dropout"\nrate = 0.3', 'type = "batch_normalization"', LAST),
            layers(*_DEEP, 'type = "dropout"\nrate = 0.3', LAST),
            (LI, GARBIN),
        ),
        Code.SMALL_NETWORK: Explanation(
            "Batch normalization makes deep networks trainable, where each layer has to follow the "
            "changes of those before it. With one or two layers there is little to follow; the "
            "noise of its batches and its statistics remain.",
            layers(_NORMALIZED, LAST),
            layers(_HIDDEN, LAST),
            (IOFFE, GARBIN),
        ),
        Code.AFTER_ACTIVATION: Explanation(
            "The values before the activation are nearly normally distributed, so that mean and "
            "variance describe them; those after a ReLU are cut off at zero. The paper, and nearly "
            "all networks since, normalize before it.",
            layers(
                _NORMALIZED,
                f'{_HIDDEN}\nbatch_normalization = "after_activation"',
                LAST,
            ),
            layers(*_DEEP, LAST),
            (f"{IOFFE}, section 3.2",),
        ),
        Code.NEEDLESS_BIAS: Explanation(
            "Batch normalization subtracts the mean, and a bias of the layer before it with the "
            "mean: it changes nothing, its gradient is zero, and the normalization has a beta of "
            "its own.",
            layers(
                _NORMALIZED,
                f'{_HIDDEN}\nbatch_normalization = "before_activation"',
                LAST,
            ),
            layers(*_DEEP, LAST),
            (f"{IOFFE}, section 3.2",),
        ),
        Code.NO_NORMALIZATION: Explanation(
            "Through many layers the scale of values and gradients drifts, so that deep networks "
            "need small rates and careful initial weights. Normalization of hidden layers lets "
            "them learn faster. Networks of selu normalize themselves.",
            layers(_HIDDEN, _HIDDEN, _HIDDEN, LAST),
            layers(*_DEEP, _NORMALIZED, LAST),
            (IOFFE,),
        ),
        Code.SMALL_BATCHES: Explanation(
            "Batch normalization estimates mean and variance from the batch. Of a few samples the "
            "estimates are noise, and of one sample a dense layer learns nothing: its output is "
            "its own mean. Group or layer normalization does not depend on the batch.",
            layers(*_DEEP, LAST)
            + '[training]\nloss = "sparse_categorical_crossentropy"\nmetrics = ["accuracy"]\n'
            "batch_size = 4",
            layers(*_DEEP, LAST)
            + '[training]\nloss = "sparse_categorical_crossentropy"\nmetrics = ["accuracy"]\n'
            "batch_size = 32",
            (WU,),
        ),
        Code.HIGH_RATE: Explanation(
            "The learning rate matters most of all settings. Ten times the default or more seldom "
            "converges when it stays as it is; where a high rate helps, it is warmed up and "
            "lowered again by a schedule.",
            '[optimizer]\ntype = "adam"\nlearning_rate = 0.1',
            '[optimizer]\ntype = "adam"\nlearning_rate = 0.001',
            (SMITH, BENGIO),
        ),
        Code.NO_VALIDATION: Explanation(
            "What a network has been trained on says nothing about how it does elsewhere: without "
            "samples that are kept apart, overfitting looks like success.",
            _DIGITS + _SPLIT.replace("0.2", "0.0"),
            _DIGITS + _SPLIT,
            (PRECHELT, BENGIO),
        ),
        Code.TRAINING_WATCHED: Explanation(
            "The loss of training falls as long as the network learns its samples by heart. To "
            "stop, to keep the best weights or to lower the learning rate in time, a callback has "
            "to watch the validation data, which are there.",
            f'{_STOP}5\nmonitor = "loss"',
            f'{_STOP}5\nmonitor = "val_loss"',
            (PRECHELT, STOPPING),
        ),
        Code.BEST_WEIGHTS: Explanation(
            "Early stopping waits some epochs in vain before it stops; without "
            "restore_best_weights their weights are what remains, though better ones were there.",
            '[[callbacks]]\ntype = "early_stopping"\npatience = 5',
            f"{_STOP}5",
            (STOPPING, PRECHELT),
        ),
        Code.PATIENCE: Explanation(
            "Both callbacks count epochs without improvement. A plateau that has no less patience "
            "than early stopping lowers the learning rate when the training ends, so that the "
            "lower rate is never tried.",
            f"{_CUT}10\n{_STOP}5",
            f"{_CUT}5\n{_STOP}10",
            (PLATEAU, STOPPING),
        ),
        Code.NO_METRIC: Explanation(
            "A cross-entropy has no scale that people know, and may rise while more samples are "
            "classified rightly. A metric such as the accuracy says how good the network is; it "
            "does not change the training.",
            '[training]\nloss = "sparse_categorical_crossentropy"',
            '[training]\nloss = "sparse_categorical_crossentropy"\nmetrics = ["accuracy"]',
            ("https://keras.io/api/metrics/",),
        ),
        Code.TECHNIQUES: Explanation(
            "Dropout and batch normalization disturb each other, and both want other learning "
            "rates. Where all of them come at once, nobody knows which of them helps. Start from a "
            "baseline, add one at a time (`samenet ablate` does), and keep what is better on the "
            "validation data.",
            layers(f"{_NORMALIZED}\ndropout = 0.3", *_DEEP, LAST)
            + '[schedule]\ntype = "exponential_decay"\ndecay_rate = 0.9',
            layers(*_DEEP, f"{_NORMALIZED}\ndropout = 0.3", LAST)
            + '[schedule]\ntype = "exponential_decay"\ndecay_rate = 0.9',
            (GARBIN, LI),
        ),
        Code.UNUSED_IGNORE: Explanation(
            "What is turned down by a comment or by [lint] would not be advised: the spec has "
            "changed, or the comment stands on another line. Left there, it would hide advice that "
            "comes later.",
            '[optimizer]\ntype = "adam"\nlearning_rate = 0.001 # samenet: ignore SN621',
            '[optimizer]\ntype = "adam"\nlearning_rate = 0.1 # samenet: ignore SN621 -- a sweep',
        ),
    }
)
"""The explanation of each code of advice."""
