"""Random changes of images."""

from typing import Any

import keras
from keras import layers


class RandomCrop(layers.RandomCrop):
    """layers.RandomCrop as it is documented: in inference, the middle of the images.

    Keras' own leaves them uncut there, which is another shape.
    """

    def transform_images(
        self, images: Any, transformation: Any, training: bool = True
    ) -> Any:
        if training:
            return super().transform_images(images, transformation, training)
        size = (self.height, self.width)
        return keras.ops.image.resize(images, size, crop_to_aspect_ratio=True)
