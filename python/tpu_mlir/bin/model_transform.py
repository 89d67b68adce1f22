#!/usr/bin/env python3
"""The command that users type; everything is in tpu_mlir.cli.model_transform."""

import signal
import sys
from pathlib import Path

# Ctrl-C ends a tool without a trace while it starts and when it is done; in between, main() looks after it.
if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

sys.path[0] = str(Path(__file__).resolve().parents[2])  # the package beside this script, instead of this folder

from tpu_mlir.cli.model_transform import main  # noqa: E402

sys.exit(main())
