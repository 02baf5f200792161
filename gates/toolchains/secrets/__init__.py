"""Looks for secrets in every file of a module.

`unpack` gives the members of archives (`pdf` what is in a PDF), `decode` the texts of a file,
`values` what the texts of JSON and YAML mean,
`rules` what the engine lacks; `kingfisher` runs it and reads its report, `scan` joins them.
"""
