"""The command line that ships: inspect, build, publish, and look at what was built."""
