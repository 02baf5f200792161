"""What a module's SQL may not say, by the text of its statements. Pure, but for running squawk."""
