"""Estimators that misbehave, one way each, and classify well otherwise: copied to the folder of a run as its own module."""

import atexit
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import numpy as np
import sklearn
from sklearn.neighbors import KNeighborsClassifier


class Base(KNeighborsClassifier):
    def fit(self, X, y):
        self.attack(X)
        return super().fit(X, y)

    def attack(self, X):
        pass


# Crashes


class Exit0(Base):
    def attack(self, X):
        os._exit(0)


class Exit3(Base):
    def attack(self, X):
        os._exit(3)


class Segfault(Base):
    def attack(self, X):
        ctypes.string_at(0)


class SegfaultOnce(Base):
    """Only on one train set."""

    def attack(self, X):
        if len(X) == 30:
            ctypes.string_at(0)


class SegfaultInPrediction(Base):
    def predict(self, X):
        ctypes.string_at(0)


class Killed(Base):
    def attack(self, X):
        os.kill(os.getpid(), signal.SIGKILL)


class Leaks(Base):
    """The third fit of a process is killed, as the kernel does if memory leaks."""

    fits = 0

    def attack(self, X):
        Leaks.fits += 1
        if Leaks.fits == 3:
            os.kill(os.getpid(), signal.SIGKILL)


class Grows(Base):
    """Takes ever more memory, on one train set."""

    def attack(self, X):
        taken = []
        while len(X) == 30:
            taken.append(np.ones(2**20))


class Hangs(Base):
    def attack(self, X):
        time.sleep(10**6)


class HangsAndBlocks(Base):
    def attack(self, X):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass


class Interrupts(Base):
    def attack(self, X):
        raise KeyboardInterrupt


class KillsGroup(Base):
    def attack(self, X):
        os.killpg(0, signal.SIGKILL)


# Errors


class Exits(Base):
    def attack(self, X):
        sys.exit("bye")


class OtherException(Base):
    def attack(self, X):
        raise type("Ctrl\x1b[31m\nC", (BaseException,), {})("stop")


class PatchesJson(Base):
    """What the records of fits are written with."""

    def attack(self, X):
        json.dumps = lambda *_, **__: 1 / 0


class Colored(Base):
    def attack(self, X):
        raise RuntimeError("soak: fake \x1b[31mred\x1b[0m\nsecond line <script>alert(1)</script>")


class Unprintable(Base):
    def attack(self, X):
        class Silent(Exception):
            def __str__(self):
                raise ValueError("no")

        raise Silent


class Long(Base):
    def attack(self, X):
        raise RuntimeError("y" * 5_000_000)


class Surrogate(Base):
    def attack(self, X):
        raise RuntimeError("bad \udcff text")


class Recursion(Base):
    def attack(self, X):
        self.attack(X)


class TooLarge(Base):
    def attack(self, X):
        np.ones(10**15)


# Predictions that are none


class TooFew(Base):
    def predict(self, X):
        return super().predict(X)[:-1]


class OtherClass(Base):
    def predict(self, X):
        return np.full(len(X), 7)


class Negative(Base):
    def predict(self, X):
        return np.full(len(X), -1)


class Fraction(Base):
    def predict(self, X):
        return np.full(len(X), 0.9)


class Text(Base):
    def predict(self, X):
        return np.array(["yes"] * len(X))


class Objects(Base):
    def predict(self, X):
        return [None] * len(X)


class NegativeProbability(Base):
    def predict_proba(self, X):
        return np.tile([-5.0, 6.0], (len(X), 1))


class LargeProbability(Base):
    def predict_proba(self, X):
        return np.full((len(X), 2), 3.0)


class OneProbability(Base):
    def predict_proba(self, X):
        return np.full((len(X), 1), 1.0)


class NoSum(Base):
    def predict_proba(self, X):
        return np.full((len(X), 2), 0.4)


class MissingProbability(Base):
    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


class ComplexProbability(Base):
    def predict_proba(self, X):
        return super().predict_proba(X) + 0.1j


class TextProbability(Base):
    def predict_proba(self, X):
        return super().predict_proba(X).astype(str)


# Predictions that are unusual


class HalfProbability(Base):
    def predict_proba(self, X):
        return super().predict_proba(X).astype(np.float16)


class WholeProbability(Base):
    def predict_proba(self, X):
        return np.eye(2, dtype=int)[self.predict(X)]


class RoundedProbability(Base):
    """Of which some miss their limits by a little."""

    def predict_proba(self, X):
        return super().predict_proba(X) * [[1 + 5e-5, 1 - 5e-5]] + [[0, -1e-5]]


# Random numbers of whatever generator


class Numpy(Base):
    def attack(self, X):
        X += 3 * np.random.normal(size=X.shape)

    def predict(self, X):
        return np.random.randint(0, 2, len(X))


class Python(Base):
    def attack(self, X):
        X += np.array([[3 * random.gauss(0, 1) for _ in row] for row in X])


class Torch(Base):
    def attack(self, X):
        import torch

        X += 3 * torch.randn(X.shape).numpy()


# What is undone, so that the fit counts


class Prints(Base):
    def attack(self, X):
        sys.stdout.write("x" * 3_000_000 + "\n")


class ClosesOutput(Base):
    def attack(self, X):
        sys.stdout.close()
        os.close(2)


class ClosesAll(Base):
    def attack(self, X):
        os.closerange(0, 256)


class Moves(Base):
    def attack(self, X):
        os.chdir("/")


class Overwrites(Base):
    """Writes to whatever its features are made from, but not to them."""

    def attack(self, X):
        while (X := X.base) is not None and isinstance(X, np.ndarray):
            X.flags.writeable = True
            X[:] = 0


class RemovesFolder(Base):
    """Goes to a folder that is no more."""

    def attack(self, X):
        os.chdir(tempfile.mkdtemp())
        shutil.rmtree(os.getcwd())


class MovesInThread(Base):
    def attack(self, X):
        def move():
            while True:
                os.chdir("/")
                time.sleep(0.0005)

        threading.Thread(target=move, daemon=True).start()


class KeepsLock(Base):
    """The second fit of a process fails."""

    lock = threading.Lock()

    def attack(self, X):
        if not KeepsLock.lock.acquire(blocking=False):
            raise RuntimeError("locked")


class Settings(Base):
    def attack(self, X):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        signal.setitimer(signal.ITIMER_PROF, 0.2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        os.umask(0o777)
        os.environ["OMP_NUM_THREADS"] = "64"
        sys.setrecursionlimit(60_000)
        np.seterr(all="raise")
        warnings.simplefilter("error")
        sklearn.set_config(transform_output="pandas", assume_finite=True)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.alarm(1)


class AtExit(Base):
    def attack(self, X):
        atexit.register(lambda: os._exit(9))


class LeavesChild(Base):
    def attack(self, X):
        subprocess.Popen(["sleep", "643"])


class LeavesDaemon(Base):
    def attack(self, X):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", "643"])
            os._exit(0)


class Forks(Base):
    """The child returns too: both go on."""

    def attack(self, X):
        os.fork()


class Patches(Base):
    def attack(self, X):
        np.isfinite = lambda x: np.ones(np.shape(x), bool)
