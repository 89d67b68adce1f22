"""model_deploy.py: from a Top model to a bmodel that was simulated and compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError, run_main
from .arguments import ArgumentParser, files, names, pair_of_floats


def _parser() -> ArgumentParser:
    parser = ArgumentParser("model_deploy.py", "Lower a Top model, generate a bmodel, simulate it and compare.")
    parser.add_argument("--mlir", type=Path, required=True, help="Top model from model_transform.py")
    parser.add_argument("--model", type=Path, required=True, help="the .bmodel to write")
    parser.add_argument("--chip", "--processor", required=True, help="the chip; an unknown name lists all")
    parser.add_argument("--quantize", default="F32", help="F32 (default), F16, BF16 or INT8")

    quant = parser.add_argument_group("quantisation")
    quant.add_argument("--calibration_table", type=Path, help="from run_calibration.py; INT8 needs it")
    quant.add_argument("--asymmetric", action="store_true", help="INT8 with zero points")
    quant.add_argument(
        "--quant_input", action="store_true", help="the bmodel takes the network's own numbers: integers, F16, BF16"
    )
    quant.add_argument("--quant_output", action="store_true", help="the bmodel gives the network's own numbers")

    proof = parser.add_argument_group("proof")
    proof.add_argument(
        "--test_input", type=files, default=(), help="pictures, npy or one npz; seeded values without it"
    )
    proof.add_argument("--test_reference", type=Path, help="npz of the Top model's tensors on that input")
    proof.add_argument("--tolerance", type=pair_of_floats, default=(0.8, 0.5), help="floors of cosine,euclidean")
    proof.add_argument(
        "--excepts", type=names, default=(), help="tensors left out of the comparison with the reference"
    )
    proof.add_argument("--skip_validation", action="store_true", help="compile only")
    proof.add_argument("--compare_all", action="store_true", help="kept for old scripts; all are always compared")
    proof.add_argument("--cache_skip", action="store_true", help="kept for old scripts; nothing is cached")
    proof.add_argument("--debug", action="store_true", help="kept for old scripts; see --clean for intermediate files")
    parser.add_argument("--no_host", action="store_true", help="refuse ops that only the host can run, listing all")
    parser.add_argument("--report", type=Path, help="HTML page to write: timeline, local memory, layers, groups")
    parser.add_argument("--clean", action="store_true", help="keep the bmodel alone")

    groups = parser.add_argument_group("layer groups")
    groups.add_argument(
        "--opt", type=int, default=2, choices=[1, 2, 3], help="1: every op by itself, 2: groups, 3: search longer"
    )
    groups.add_argument("--dump-groups", "--dump_groups", type=Path, help="JSON to write: the groups, and why")
    groups.add_argument("--use-groups", "--use_groups", type=Path, help="JSON with the groups to use")
    groups.add_argument("--disable_layer_group", action="store_true", help="the same as --opt 1")

    one = parser.add_argument_group("parallelism")
    one.add_argument("--num_device", type=int, default=1, choices=[1], help="1")
    one.add_argument("--num_core", type=int, default=1, choices=[1], help="1")

    parser.refuse(["--quantize_table"], "mixed precision is not built yet")
    parser.refuse(["--quant_input_list", "--quant_output_list"], "choose all with --quant_input and --quant_output")
    parser.refuse(["--q_group_size", "--q_symmetric", "--matmul_perchannel", "--gelu_mode"], "it is not built yet")
    parser.refuse(["--ignore_f16_overflow", "--high_precision"], "mixed precision is not built yet")
    parser.refuse(
        ["--fuse_preprocess", "--customization_format", "--aligned_input"], "the chip does not preprocess yet"
    )
    parser.refuse(["--dynamic"], "shapes are fixed when the model is compiled")
    parser.refuse(["--group_by_cores", "--op_divide"], "the chip has one core, and layers are cut where memory asks")
    parser.refuse(["--addr_mode", "--merge_weight", "--compress_mode", "--do_winograd"], "it is not built yet")
    parser.refuse(["--model_version", "--includeWeight", "--not_gen_bmodel", "--patterns_count"], "it is not built yet")
    parser.refuse(["--fazzy_match", "--fuzzy_match"], "tensors are matched by their full names")
    parser.refuse(["--cuda"], "there is no such mode")
    parser.refuse(
        ["--quant_input_int8", "--quant_output_int8", "--quant_output_bf16"],
        "choose integers with --quant_input and --quant_output",
    )
    parser.refuse(
        ["--lgcache", "--layer_group_config", "--shape_secs_search_strategy", "--disable_structure_detect_optimize"],
        "layer groups are searched in another way; see --opt, --dump-groups and --use-groups",
    )
    parser.refuse(
        ["--opt_post_processor", "--disable_topo_sort", "--disable_gdma_check", "--time_fixed_subnet",
         "--subnet_params", "--enable_maskrcnn", "--trunc_final", "--future_update_rank", "--future_update_list",
         "--log_level"],
        "it is not built yet",
    )  # fmt: skip
    # Source: the vendor's defaults, by the interface facts.
    parser.allow({"--compress_mode": "none", "--model_version": "latest", "--addr_mode": ("auto", "basic")})
    parser.allow({"--group_by_cores": ("auto", "false"), "--gelu_mode": "normal", "--q_group_size": ("0", "64")})
    parser.allow({"--lgcache": ("true", "1"), "--shape_secs_search_strategy": "0", "--future_update_rank": "0"})
    parser.allow({"--log_level": "normal", "--time_fixed_subnet": "normal", "--patterns_count": "{}"})
    parser.allow(
        dict.fromkeys(
            ["--quantize_table", "--quant_input_list", "--quant_output_list", "--customization_format",
             "--layer_group_config", "--subnet_params", "--future_update_list"],
            "",
        )
    )  # fmt: skip
    parser.ignore(["--correctness"], "the bmodel is compared exactly, which no floor can loosen")
    return parser


@run_main
def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    from ..deployment.deploy import deploy
    from ..deployment.options import Options, resolve_chip

    chip = resolve_chip(arguments.chip)
    if not arguments.skip_validation and arguments.excepts and arguments.test_reference is None:
        raise UserError("--excepts needs --test_reference: nothing may be left out of the exact comparison")
    level = 1 if arguments.disable_layer_group else arguments.opt
    if level == 1 and (arguments.dump_groups or arguments.use_groups):
        raise UserError("--dump-groups and --use-groups need --opt 2 or 3; with --opt 1 every op runs by itself")
    deploy(
        Options(
            mlir=arguments.mlir,
            model=arguments.model,
            chip=chip,
            quantize=arguments.quantize,
            asymmetric=arguments.asymmetric,
            calibration_table=arguments.calibration_table,
            quant_input=arguments.quant_input,
            quant_output=arguments.quant_output,
            test_input=tuple(Path(p) for p in arguments.test_input),
            test_reference=arguments.test_reference,
            tolerance=arguments.tolerance,
            excepts=arguments.excepts,
            skip_validation=arguments.skip_validation,
            clean=arguments.clean,
            report=arguments.report,
            dump_groups=arguments.dump_groups,
            use_groups=arguments.use_groups,
            opt=level,
            no_host=arguments.no_host,
        )
    )
    return 0
