"""What the project costs in time, memory and disk space, beside other ways to the same marts."""
