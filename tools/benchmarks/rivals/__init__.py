"""Other ways to what the project makes: a module each, with one function, `make`."""
