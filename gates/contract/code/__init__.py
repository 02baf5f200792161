"""What a version's code exports, and what breaks for those who call it.

The platform calls `register()`; everything else that the entrypoint exports may be imported by
other modules. Python is read by griffe, TypeScript by its own compiler; no code is run.
"""

from gates.contract.code.api import Api, exported, exported_python, exported_typescript
from gates.contract.code.compare import compare_code

__all__ = ["Api", "compare_code", "exported", "exported_python", "exported_typescript"]
