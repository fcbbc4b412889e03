"""Where PyTorch computes."""

import torch


def devices() -> list[str]:
    """The names of the devices that there are, first the one that is taken unasked."""
    count = torch.cuda.device_count()
    cuda = ["cuda", *(f"cuda:{index}" for index in range(count))] if count else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, "cpu", *mps]
