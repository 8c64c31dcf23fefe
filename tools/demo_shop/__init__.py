"""The generator of the demo shop, and its parameters."""
