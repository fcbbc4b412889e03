"""Where Keras computes."""

import keras


def devices() -> list[str]:
    """The names of the devices that there are, first the one that is taken unasked.

    Keras itself computes on the processor, and does not say so, where one is missing.
    """
    gpus, cpus = map(keras.distribution.list_devices, ("gpu", "cpu"))
    return [*gpus, *cpus]
