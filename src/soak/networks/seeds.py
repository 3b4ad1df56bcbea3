"""Where a torch fit's random numbers come from, and how it leaves the process as it found it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def named_seed(seed: int, purpose: str) -> int:
    """63 bits for one purpose ("halves", "refit start", …): what one draws never moves what another draws."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{purpose}".encode()).digest()[:8], "big") >> 1


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator of its own for one purpose, on the CPU, so that a GPU fit sees the same batches."""
    return torch.Generator().manual_seed(named_seed(seed, purpose))


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread and with the caller's random numbers put aside.

    More threads would add the same numbers in another order, and the last bits would depend on the machine.
    What layers draw from torch's global generator (weights, dropout) is set by `torch.manual_seed` in the block,
    and the generator is as before after it.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(enabled=True):
            yield
    finally:
        torch.set_num_threads(threads)
