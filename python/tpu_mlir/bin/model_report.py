#!/usr/bin/env python3
"""The command that users type; everything is in tpu_mlir.cli.model_report."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])  # the package beside this script, instead of this folder

from tpu_mlir.cli.model_report import main  # noqa: E402

sys.exit(main())
