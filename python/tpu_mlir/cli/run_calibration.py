"""run_calibration.py: from an fp32 Top model and sample inputs to a calibration table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError, run_main
from .arguments import ArgumentParser

_METHODS = {"kl": "kl", "max": "max", "percentile9999": "percentile9999"}
_LATER = ("mse", "aciq_gauss", "aciq_laplace")


def _method(text: str) -> str:
    """Both generations of names are known: use_kl and kl."""
    name = text.removeprefix("use_")
    if name in _METHODS:
        return _METHODS[name]
    reason = "is not built yet" if name in _LATER else "is unknown"
    raise argparse.ArgumentTypeError(f"method '{text}' {reason}; known: {', '.join('use_' + m for m in _METHODS)}")


def _parser() -> ArgumentParser:
    parser = ArgumentParser("run_calibration.py", "Find the quantisation range of every tensor on sample inputs.")
    parser.add_argument("mlir", type=Path, help="Top model from model_transform.py")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--dataset", type=Path, help="folder of pictures, npz or npy files (one kind)")
    source.add_argument("--data_list", type=Path, help="text file; one sample a line, its files separated by commas")
    parser.add_argument("--input_num", type=int, default=0, help="number of samples; 0 takes all (default)")
    parser.add_argument(
        "--cali_method",
        type=_method,
        default="kl",
        metavar="METHOD",
        help="use_kl (default), use_max or use_percentile9999",
    )
    parser.add_argument("--histogram_bin_num", type=int, default=2048, help="least bins of |x| (default 2048)")
    parser.add_argument("-o", "--calibration_table", type=Path, required=True, help="the table to write")
    parser.ignore(["--chip", "--processor"], "the table does not depend on the chip, so this changes nothing")
    parser.ignore(["--tune_num"], "thresholds are chosen over every candidate and not tuned, so this changes nothing")
    parser.refuse(["--tune_list"], "thresholds are chosen over every candidate and are not tuned afterwards")
    parser.refuse(["--we", "--bc", "--bc_inference_num", "--sq", "--smc"], "changing the weights is not built yet")
    parser.refuse(
        ["--search", "--inference_num", "--expected_cos", "--min_layer_cos", "--max_float_layers", "--fp_type"],
        "searching for a mixed precision is not built yet",
    )
    parser.refuse(
        [
            "--global_compare_layers",
            "--quantize_method_list",
            "--benchmark_method",
            "--quantize_table",
            "--transformer",
        ],
        "searching for a mixed precision is not built yet",
    )
    parser.refuse(["--post_process", "--part_quantize", "--mix_mode", "--cluster"], "it is not built yet")
    parser.refuse(["--kurtosis_analysis"], "it is not built yet")
    parser.refuse(["--debug_log", "--debug_cmd"], "there are no debug commands")
    # Source: the vendor's defaults, by the interface facts.
    parser.allow(
        {"--search": "False", "--fp_type": "auto", "--quantize_method_list": "MSE", "--benchmark_method": "cos"}
    )
    parser.allow({"--inference_num": "30", "--expected_cos": "0.99", "--min_layer_cos": "0.99"})
    parser.allow({"--max_float_layers": "5", "--bc_inference_num": "30", "--mix_mode": "8_16"})
    parser.allow(dict.fromkeys(["--tune_list", "--global_compare_layers", "--quantize_table", "--debug_cmd"], ""))
    parser.allow({"--transformer": "False", "--post_process": "", "--part_quantize": ""})
    return parser


@run_main
def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    # Argument errors first: nothing below may run for minutes before the output turns out to be impossible.
    from ..calibration.calibrator import calibrate
    from ..calibration.samples import from_folder, from_list
    from ..calibration.threshold import UNSIGNED
    from ..outputs import Output, check_outputs

    if (arguments.dataset is None) == (arguments.data_list is None):
        raise UserError("run_calibration.py: give either --dataset or --data_list")
    if not UNSIGNED.levels <= arguments.histogram_bin_num <= 1 << 20:
        raise UserError(f"--histogram_bin_num {arguments.histogram_bin_num} must be {UNSIGNED.levels} to {1 << 20}")
    if arguments.dataset is not None:
        samples = from_folder(arguments.dataset, arguments.input_num)
    else:
        samples = from_list(arguments.data_list, arguments.input_num)
    check_outputs(
        [Output("-o", arguments.calibration_table, (".csv",))],
        [
            ("the network", arguments.mlir),
            ("--data_list", arguments.data_list),
            *(("the sample", path) for sample in samples for path in sample),
        ],
    )

    result = calibrate(arguments.mlir, samples, arguments.cali_method, arguments.histogram_bin_num)
    result.table.save(arguments.calibration_table)

    widest = max(result.table.rows.items(), key=lambda row: row[1].threshold)
    clipped = sum(r.threshold < 0.999 * max(abs(r.minimum), abs(r.maximum)) for r in result.table.rows.values())
    rows = result.table.rows
    print(f"calibrated {len(rows)} tensors over {result.samples} samples by method {result.method}")
    print(f"  {clipped} tensors are clipped below their largest value")
    print(f"  widest threshold {widest[1].threshold:.4g} ('{widest[0]}')")
    if result.constant:
        print(f"  {len(result.constant)} tensors were constant")
    print(f"  {result.seconds:.1f} s, {result.images_per_second:.1f} samples/s")
    print(f"  {arguments.calibration_table}")
    return 0
