"""The difference between two settings schemas, and what it means for what tenants have stored.

What tenants stored under the old schema must stay valid under the new one, and mean the same.
The rules, after SemVer 2.0.0, sections 6 to 8:

- Stored settings are accepted as they are, or with the defaults of missing properties filled in
  (through $ref and allOf, at every depth; not the defaults of branches, which only forms show).
- Major: a document was accepted and is not. It is shown, the smallest that was found.
- Major by meaning, also with a document: a setting that is gone though keys are open; a default
  that changed or is gone, as tenants that never set it relied on it; `format: password` gone, as
  what was stored as a secret would be shown.
- Minor: new settings (a key that the old schema did not name was none, so its name is free), wider
  rules, a first default, a setting that becomes a secret or is deprecated (section 7).
- Patch: texts for people, `x-` keys, the same rules in other words.
- None: `schema_version`, `$comment`, order, how a schema is cut into definitions.
- What could be neither proved nor refuted asks for a minor bump and has `proved` false.
"""

from gates.contract.settings.bounded import compare_settings

__all__ = ["compare_settings"]
