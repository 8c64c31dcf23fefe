"""Settings of a Superset that reads the published marts; SUPERSET_CONFIG_PATH names this file."""

import secrets
from pathlib import Path

from superset.config import DATA_DIR, TALISMAN_CONFIG


def secret_key(file: Path) -> str:
    """Return the key that signs sessions, made at the first start and for the owner's eyes only."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


SECRET_KEY = secret_key(Path(DATA_DIR) / "secret_key")

# The pages report each view to a counting service, by a picture that browsers no longer fetch.
TALISMAN_CONFIG["content_security_policy"]["img-src"] = ["'self'", "blob:", "data:"]
