"""Tools of contributors: the demo shop and the benchmarks; nothing here ships."""
