"""The platform's rules for Python code, each on what mypy knows of every name and type.

Runs as a program of its own, beside the packages of the module: see `__main__`.
"""
