"""The customer value fits outside dbt: for engines that run no Python models, and for tests."""

import importlib.util
from pathlib import Path
from types import ModuleType

MODEL_FILE = (
    Path(__file__).parent.parent
    / "models/intermediate/customer_value/int_retention__clv_model_fits.py"
)


def load_fits() -> ModuleType:
    """Return the dbt model's file as a module: the fits are written in that one place."""
    specification = importlib.util.spec_from_file_location(MODEL_FILE.stem, MODEL_FILE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
