"""model_transform.py: import a model into Top MLIR and prove it against the framework's own run."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UserError, run_main
from ..frontend.core.front_ends import suffixes
from ..preprocess import BAYER_FORMATS, CHANNEL_FORMATS, KEEP_RATIO_MODES, PAD_TYPES, PIXEL_CHANNELS, PreprocessFlags
from .arguments import ArgumentParser, files, floats, integers, names, pair_of_floats, shapes


def _parser() -> ArgumentParser:
    parser = ArgumentParser("model_transform.py", "import a model into Top MLIR and prove it against its own framework")
    add = parser.add_argument
    add("--model_name", required=True, help="prefix of the files that are written")
    add("--model_def", required=True, metavar="FILE", help=f"the model ({', '.join(suffixes())})")
    add("--mlir", required=True, metavar="FILE", help="the .mlir file to write")
    add("--input_shapes", nargs="+", metavar="SHAPES", help="one per input, like [[1,3,224,224],[1,10]]")
    add("--output_names", type=names, default=(), metavar="NAMES", help="cut the network at these tensors")
    add("--onnx_sim", choices=("skip_fuse_bn",), help="keep batch normalisation apart from convolutions")

    group = parser.add_argument_group("preprocessing, y = (x - mean) * scale; kept in the .mlir for later steps")
    add = group.add_argument
    add(
        "--resize_dims", type=integers, metavar="H,W", help="resize to this, then crop the centre (default: input size)"
    )
    add("--keep_aspect_ratio", action="store_true", help="resize without distortion")
    add("--keep_ratio_mode", choices=KEEP_RATIO_MODES, default="letterbox", help="pad, or cut, what does not fit")
    add("--mean", type=floats, metavar="M,M,M", help="per channel, in the order of the pixel format (default 0)")
    add("--scale", type=floats, metavar="S,S,S", help="per channel (default 1)")
    add("--pixel_format", choices=(*PIXEL_CHANNELS, *BAYER_FORMATS), help="default bgr, or gray for one channel")
    add("--channel_format", choices=CHANNEL_FORMATS, default="nchw", help="none: the inputs are no pictures")
    add("--pad_value", type=int, default=0, metavar="V", help="what letterbox fills with, 0 to 255")
    add("--pad_type", choices=PAD_TYPES, default="center", help="where letterbox puts the picture; normal: top left")
    add("--preprocess_list", type=integers, metavar="I,J", help="which inputs are pictures, counted from 1")

    group = parser.add_argument_group("proof against the framework")
    add = group.add_argument
    add("--test_input", type=files, default=(), metavar="FILES", help="pictures, npy or one npz, comma-separated")
    add("--test_result", metavar="FILE", help="the npz with all Top tensors (default NAME_top_outputs.npz)")
    add("--tolerance", type=pair_of_floats, default=(0.99, 0.99), metavar="COS,EUCLID", help="default 0.99,0.99")
    add("--excepts", type=names, default=(), metavar="NAMES", help="tensors that may differ")
    add(
        "--skip_validation",
        action="store_true",
        help="import without a proof (default: seeded inputs where none given)",
    )
    add("-v", "--verbose", action="count", default=0, help="show every compared tensor")
    add("--quiet", action="store_true", help="print nothing but warnings and errors")
    add("--cache_skip", action="store_true", help="kept for old scripts; nothing is cached")
    add("--debug", action="store_true", help="kept for old scripts; intermediate files are always kept")

    parser.refuse(["--model_data"], "only ONNX models can be imported, and they need no second file")
    parser.refuse(["--input_types"], "network inputs are float32")
    parser.refuse(["--add_postprocess"], "cut the network with --output_names and postprocess on the host")
    parser.refuse(["--patterns_count"], "it belongs to the vendor's own regression tests")
    parser.refuse(
        ["--dynamic", "--dynamic_inputs", "--inputs_is_shape", "--dynamic_shape_input_names",
         "--shape_influencing_input_names"],
        "shapes are static",
    )  # fmt: skip
    parser.refuse(
        ["--path_yaml", "--enable_maskrcnn", "--yuv_type", "--struct_optimize", "--log_level"],
        "this version does not have it",
    )
    # Source: the vendor's defaults, by the interface facts.
    parser.allow({"--patterns_count": "{}", "--struct_optimize": "0", "--log_level": "normal"})
    parser.allow({"--input_types": ("f32", "float32")})
    parser.allow(
        dict.fromkeys(
            ["--model_data", "--add_postprocess", "--dynamic_inputs", "--dynamic_shape_input_names",
             "--shape_influencing_input_names", "--path_yaml", "--yuv_type"],
            "",
        )
    )  # fmt: skip
    return parser


@run_main
def main(argv: Sequence[str] | None = None) -> int | None:
    import argparse

    args = _parser().parse_args(argv)
    input_shapes = None
    if args.input_shapes:
        try:
            # Unquoted, "[[1,3,8,8], [1,10]]" reaches us in several pieces.
            input_shapes = shapes("".join(args.input_shapes))
        except argparse.ArgumentTypeError as error:
            raise UserError(f"model_transform.py: argument --input_shapes: {error}") from None

    from ..transform_model import transform

    transform(
        model_name=args.model_name,
        model_def=args.model_def,
        mlir=args.mlir,
        input_shapes=input_shapes,
        output_names=args.output_names,
        preprocess=PreprocessFlags(
            resize_dims=args.resize_dims,
            keep_aspect_ratio=args.keep_aspect_ratio,
            keep_ratio_mode=args.keep_ratio_mode,
            mean=args.mean,
            scale=args.scale,
            pixel_format=args.pixel_format,
            channel_format=args.channel_format,
            pad_value=args.pad_value,
            pad_type=args.pad_type,
            preprocess_list=args.preprocess_list,
        ),
        test_input=args.test_input,
        test_result=args.test_result,
        tolerance=args.tolerance,
        excepts=args.excepts,
        skip_fuse_bn=args.onnx_sim == "skip_fuse_bn",
        skip_validation=args.skip_validation,
        quiet=args.quiet,
        verbose=args.verbose,
    )
    return None
