"""lit: which files are tests, and the programs and substitutions that they use."""

import sys
from pathlib import Path

import lit.formats

# lit executes this file with `config` and `lit_config` defined; the folders come from the build's lit.site.cfg.py.
config.name = "tpu-mlir"
config.test_format = lit.formats.ShTest(False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "fuzz", "python", "unit"]
config.test_source_root = str(Path(__file__).parent)
config.test_exec_root = str(Path(config.tpu_mlir_build) / "test")

path = [str(Path(config.tpu_mlir_build) / "bin"), config.llvm_tools, config.environment.get("PATH", "")]
config.environment["PATH"] = ":".join(path)

weights = Path(config.test_source_root) / "Inputs" / "weights.py"
# %make_weights <test> <npz>: the arrays that the test's `// WEIGHT` lines describe.
config.substitutions.append(("%make_weights", f"{sys.executable} {weights} make"))
# %print_weights <npz>: one line per array, `name dtype shape = values`.
config.substitutions.append(("%print_weights", f"{sys.executable} {weights} print"))
config.substitutions.append(("%python", sys.executable))
