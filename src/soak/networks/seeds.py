"""Why a fit gives the same bytes everywhere: seeds by name, and one thread."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def named_seed(seed: int, purpose: str) -> int:
    """Seed of 63 bits for one purpose, such as "refit" or "validation set".

    Each purpose has a stream of random numbers of its own, so that more draws for one of them move no other:
    the batches stay the same when a layer is added.

    Parameters
    ----------
    seed : int
        `soak.learners.base.TrainData.torch_seed`: of the task, the train set and the learner.
    purpose : str
    """
    return int.from_bytes(hashlib.sha256(f"{seed}\0{purpose}".encode()).digest()[:8], "big") >> 1


def generator(seed: int, purpose: str) -> torch.Generator:
    """Generator for one purpose (see `named_seed`), on the CPU, so that a fit on a GPU draws the same batches."""
    return torch.Generator().manual_seed(named_seed(seed, purpose))


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread, and leave torch's global random numbers as they were.

    Several threads would add the same numbers in another order, so that the last bits would depend on the machine.
    Layers draw from torch's global generator (weights at the start, dropout): the block seeds it by
    ``torch.manual_seed``, and its state before the block is restored afterwards.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(enabled=True):
            yield
    finally:
        torch.set_num_threads(threads)
