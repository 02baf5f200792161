"""The rules of the module, free of input and output."""
