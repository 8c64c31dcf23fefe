"""Set up the project's own environment once, then run a command of its harness in it.

Usage: python3 retention.py demo | test | ... (`python3 retention.py --help` lists all commands)
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure_environment() -> None:
    """Create `.venv` and install the locked packages, unless the current lock is installed already."""
    lock_digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / "installed-lock.sha256"
    if stamp.is_file() and stamp.read_text() == lock_digest:
        return
    print("Installing the locked packages into .venv (about a minute, once) ...", flush=True)
    venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        + ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", LOCK],
        check=True,
    )
    stamp.write_text(lock_digest)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    ensure_environment()
    sys.exit(subprocess.call([PYTHON, "-m", "harness", *sys.argv[1:]], cwd=ROOT))
