"""Simulate the demo shop again and rewrite its seeds: `python -m tools.demo_shop`."""

from retention_cli.project import ROOT
from tools.demo_shop.generator import write_demo_shop

if __name__ == "__main__":
    for path in write_demo_shop(ROOT / "seeds"):
        print(path.relative_to(ROOT))
