"""What a process uses: time, memory and disk space."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

SAMPLE_SECONDS = 0.2
# The unit in which the system reports the peak of a process.
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


class MeasuredFailedError(Exception):
    """A measured process failed; the message is the end of what it said."""


@dataclass(frozen=True)
class Usage:
    """What one process used, its children among it, from its start to its end.

    `wall_seconds` and `cpu_seconds` (user and system) are exact. `peak_memory_bytes` is the largest
    resident set the system saw; it is never below that of the process that measures, which
    therefore imports little. `disk_bytes` lie in the folder of the process at its end;
    `peak_disk_bytes` is the most that was seen there five times a second, spilled data included.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    disk_bytes: int
    peak_disk_bytes: int


def measure(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[Usage, str]:
    """Run a command to its end and return what it used and what it printed.

    Args:
        command: the program and its arguments.
        folder: where the process writes; its size is watched.
        environment: variables beside those of this process.

    Raises:
        MeasuredFailedError: the process ended with another status than 0.
    """
    folder.mkdir(parents=True, exist_ok=True)
    output = folder.with_suffix(".log")
    with output.open("wb") as log, DiskWatch(folder) as watch:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 (the benchmarks' own commands)
            list(map(str, command)),
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        raise MeasuredFailedError(f"status {process.returncode}: {text.strip()[-2000:]}")
    disk = size(folder)
    return (
        Usage(
            seconds,
            used.ru_utime + used.ru_stime,
            used.ru_maxrss * MEMORY_UNIT,
            disk,
            max(disk, watch.peak),
        ),
        text,
    )


class DiskWatch:
    """Looks at the size of a folder again and again; `peak` is the largest seen, in bytes."""

    def __init__(self, folder: Path) -> None:
        """Watch a folder from `__enter__` to `__exit__`."""
        self.folder = folder
        self.peak = 0
        self._ended = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "DiskWatch":
        """Start to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop to look."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, size(self.folder))


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder, also while files come and go."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(path) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total
