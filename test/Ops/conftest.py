"""Makes the harness importable; skips where the extension is not built."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "python"))
pytest.importorskip("pymlir", reason="pymlir is not built; run ./build.sh")
