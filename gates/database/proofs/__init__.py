"""What is proved by running it, a folder for each proof."""
