"""dbt on Apache Spark: an environment of its own, its Java, and a cluster of this machine.

`.venv-spark` holds what `spark_environment/requirements.lock` names: dbt with its adapter for
Spark, Spark itself, and a Java for machines that have none.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from retention_cli.customer_value import fits_of, with_floats
from retention_cli.project import ROOT, DbtFailedError

ENVIRONMENT = ROOT / ".venv-spark"
PYTHON = ENVIRONMENT / "bin" / "python"
DBT = ENVIRONMENT / "bin" / "dbt"
LOCKED = Path(__file__).with_name("spark_environment")
LOCK = LOCKED / "requirements.lock"
JAVA_HOME = LOCKED / "java"
TARGET = ("--target", "spark")
MASTER = "RETENTION_SPARK_MASTER"  # read by the target

# Spark is published as its source alone; what builds it has its hash checked as well.
INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
INSTALL += ["--only-binary", ":all:", "--no-binary", "pyspark", "--require-hashes", "--no-deps"]

STARTING = 60  # seconds for a process of Spark on a busy machine
MEMORY_OF_EXECUTOR = "1g"


class SparkFailedError(Exception):
    """A process of Spark did not start; the message says which one, and where its log is."""


def ensure_environment() -> None:
    """Create `.venv-spark` and install the locked packages, unless they are there already.

    The lock is copied last, so an install that broke off is taken up again.
    """
    installed = ENVIRONMENT / "installed.lock"
    with FileLock(ENVIRONMENT.with_suffix(".lock")):  # two commands can need it at once
        if PYTHON.exists() and installed.is_file() and installed.read_bytes() == LOCK.read_bytes():
            return
        print("Installing Spark into .venv-spark (once, 450 MB) ...", file=sys.stderr, flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([PYTHON, *INSTALL, "--requirement", LOCK], check=True)
        shutil.copy(LOCK, installed)


def environment() -> dict[str, str]:
    """Return the environment variables under which Spark runs: those here, with its Java.

    A Java that JAVA_HOME names goes before that of the lock. Unless a master is named, Spark
    listens to this machine only.
    """
    defaults = {"JAVA_HOME": str(JAVA_HOME)}
    if MASTER not in os.environ:
        defaults["SPARK_LOCAL_IP"] = "127.0.0.1"
    return defaults | os.environ | {"PYSPARK_PYTHON": str(PYTHON)}


def run_dbt(*arguments: str, workers: int = 0) -> int:
    """Run a dbt command on Spark and return its exit code.

    Args:
        arguments: the command and its options.
        workers: start a cluster with so many for the time of the command; with none, Spark runs
            where RETENTION_SPARK_MASTER says, by default in dbt's own process.
    """
    ensure_environment()
    variables = environment()
    # Ended from outside, the command still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        if workers:
            variables[MASTER] = stack.enter_context(
                cluster(ROOT / "target" / "spark-cluster", workers)
            )
        command = [str(DBT), *arguments, *TARGET]
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


def fit_clv(minimum_customers: int, *arguments: str) -> dict[str, Any]:
    """Fit the customer value models on what was built on Spark; see `retention_cli.customer_value`.

    Raises:
        DbtFailedError: the statistics cannot be read.
    """
    return fits_of(lambda model: read_model(model, *arguments), minimum_customers)


def read_model(model: str, *arguments: str) -> pd.DataFrame:
    """Return all rows of a model that was built on Spark, its numbers as floats.

    Raises:
        DbtFailedError: it cannot be read.
    """
    ensure_environment()
    command = [str(DBT), "--quiet", "show", "--select", model, "--limit", "-1", "--output", "json"]
    shown = subprocess.run(
        [*command, *arguments, *TARGET],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if shown.returncode:
        raise DbtFailedError(shown.stdout.strip() or f"{model} cannot be read")
    return with_floats(model, json.loads(shown.stdout[shown.stdout.index("{") :])["show"])


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """Run a standalone master with workers on this machine; yields the master's address.

    Each worker is a process that offers one core, and an executor runs in a process of its own. All
    of them end with the block, however it ends.

    Args:
        folder: for logs and work files; made where missing.
        workers: how many.

    Raises:
        SparkFailedError: one of them did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    master = ["master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
    worker = ["worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--webui-port", "0"]
    worker += ["--memory", MEMORY_OF_EXECUTOR, "--work-dir", str(folder / "work"), address]
    with ExitStack() as stack:
        stack.enter_context(_daemon(folder / "master.log", master, "I have been elected leader"))
        for number in range(1, workers + 1):
            log = folder / f"worker-{number}.log"
            stack.enter_context(_daemon(log, worker, "Successfully registered with master"))
        yield address


@contextmanager
def _daemon(log: Path, arguments: list[str], started: str) -> Iterator[None]:
    """Run a process of the cluster until the block ends; it has said `started` when that begins."""
    spark_class = next((ENVIRONMENT / "lib").glob("python3*/site-packages/pyspark/bin/spark-class"))
    command = [str(spark_class), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
    variables = environment() | {"SPARK_DAEMON_MEMORY": "256m"}
    with log.open("w") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
    try:
        until = time.monotonic() + STARTING
        while not re.search(started, log.read_text()):
            if process.poll() is not None or time.monotonic() > until:
                raise SparkFailedError(f"{arguments[0]} did not start; see {log}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
