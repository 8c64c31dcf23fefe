"""Set up the project's own environment once, then run a command of retention_cli in it.

Usage: python3 retention.py demo | test | ... (`python3 retention.py --help` lists all commands)
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST, NEWEST = (3, 11), (3, 13)

INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
INSTALL += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(LOCK)]

# No usage statistics leave the machine, and text is UTF-8 on every system.
VARIABLES = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PYTHONUTF8": "1",
}


def ensure_environment() -> None:
    """Create `.venv` and install the locked packages, unless they are there already.

    The digest of the lock is written last, so an install that broke off is taken up again.
    """
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / "installed-lock.sha256"
    if PYTHON.exists() and stamp.is_file() and stamp.read_text() == digest:
        return
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(f"Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}")
    if not importlib.util.find_spec("ensurepip"):
        sys.exit(
            "This Python cannot set up virtual environments;"
            " on Debian and Ubuntu, `apt install python3-venv` adds that"
        )
    print("Installing the locked packages into .venv (once, one to five minutes) ...", flush=True)
    try:
        stamp.unlink(missing_ok=True)
        # A Python that is gone has left links into nowhere, which only a new environment replaces.
        venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists() and not PYTHON.exists())
        subprocess.run([PYTHON, *INSTALL], check=True)
    except subprocess.CalledProcessError:
        sys.exit("The install did not succeed, for the reason above; run the same command again")
    stamp.write_text(digest)


def main() -> int:
    """Run retention_cli with the arguments of this command and return its exit code."""
    ensure_environment()
    command = [str(PYTHON), "-m", "retention_cli", *sys.argv[1:]]
    # Paths are those of the folder where they were typed; $PWD may say anything.
    environment = os.environ | VARIABLES | {"RETENTION_TYPED_IN": os.getcwd()}  # noqa: PTH109
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
