"""What differs between the versions of PostgreSQL, each fact once. Pure.

To support version N:
1. Give the tests a server of that version (`TEST_DATABASE_URL`) and run `pytest -m database`.
2. What its catalogs lack or add goes into the queries of `catalog_state`, with a fact here.
3. The parser (package pglast) knows one version's grammar, 18 now; a newer one comes with pglast.
4. Raise `OLDEST` only together with docs/policy.md, which promises it.
"""

from __future__ import annotations

OLDEST = 140000
"""The oldest server that proofs run on, as `server_version_num` writes it."""
MERGE = 150000
"""MERGE is there (release notes of 15)."""
FILE_COPY_STRATEGY = 150000
"""CREATE DATABASE has STRATEGY; before, it always copies files (release notes of 15)."""
PUBLICATIONS_OF_SCHEMAS = 150000
"""Publications know schemas, columns and row filters (release notes of 15)."""
CREATEROLE_GIVES_BYPASSRLS = 160000
"""A role with CREATEROLE and BYPASSRLS may give BYPASSRLS (release notes of 16)."""
