"""What `gates fix` repairs: a file for each check, found by its name."""
