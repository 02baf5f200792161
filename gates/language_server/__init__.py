"""A language server: what the checks find in a module, in the editor, whenever a file is saved.

Source: the Language Server Protocol 3.17. It uses a small part of it: documents that are opened,
changed and saved, diagnostics, code actions and one command.
"""
