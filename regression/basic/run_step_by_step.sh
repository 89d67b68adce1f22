#!/usr/bin/env bash
# Tutorials 1 and 2 of the step-by-step guide, command by command: ResNet-18 to an F32 and to an INT8 bmodel with
# model_transform.py, run_calibration.py and tpuc-opt alone. Needs `source envsetup.sh`; works in the folder given
# (default: step_by_step_work in the current one). A second run there first removes what the first one made, by its list;
# what else lies in the folder stays.
set -euo pipefail

regression="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="${1:-step_by_step_work}"
mkdir -p "$work"
cd "$work"

made=.made_by_run_step_by_step
if [ -f "$made" ]; then
  while IFS= read -r -d '' file; do rm -f -- "$file"; done <"$made"
  rm -f "$made"
  rmdir dataset_cali 2>/dev/null || true
fi
for name in resnet18* cat.jpg dataset_cali bmodel_*.npz mlir_*.npz; do
  if [ -e "$name" ]; then
    echo "$0: error: '$work/$name' exists and was not made by this script; give another folder" >&2
    exit 1
  fi
done
find . -type f -print0 | sort -z >"$made.before"
note_what_was_made() {
  find . -type f ! -name "$made*" -print0 | sort -z | comm -z -13 "$made.before" - >"$made"
  rm -f "$made.before"
}
trap note_what_was_made EXIT

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

step "Step 0. The network, a picture, and pictures for calibration"
python "$regression/zoo.py" resnet18 -o .
cp "$regression/image/cat.jpg" .
mkdir dataset_cali
cp "$regression"/image/*.jpg dataset_cali/
find ./dataset_cali -type f -name "*.jpg" | sort >dataset_cali/image_list.txt

step "Tutorial 1, step 1. Import into Top, run and compare with onnxruntime"
model_transform.py \
  --model_name resnet18 \
  --model_def ./resnet18.onnx \
  --input_shapes "[[1,3,224,224]]" \
  --resize_dims 256,256 \
  --mean 123.675,116.28,103.53 \
  --scale 0.0171,0.0175,0.0174 \
  --pixel_format rgb \
  --test_input ./cat.jpg \
  --test_result resnet18_f32_outputs.npz \
  --tolerance 0.99,0.99 \
  --mlir resnet18.mlir

model_runner.py --model ./resnet18_opt.onnx --input resnet18_in_f32.npz --dump_all_tensors \
  --output resnet18_all_tensors_onnx.npz
model_runner.py --model ./resnet18.mlir --input resnet18_in_f32.npz --dump_all_tensors \
  --output resnet18_all_tensors_mlir_f32.npz
npz_tool.py compare resnet18_all_tensors_mlir_f32.npz resnet18_all_tensors_onnx.npz --tolerance 0.999,0.999

step "Tutorial 1, step 2. An F32 bmodel, simulated"
tpuc-opt resnet18.mlir \
  --convert-top-to-tpu="mode=F32 chip=bm1684x" \
  --save-weight \
  -o resnet18_f32_1684x.mlir
tpuc-opt resnet18_f32_1684x.mlir \
  --weight-reorder \
  --subnet-divide \
  --layer-group \
  --address-assign \
  --save-weight \
  --codegen="model_file=resnet18_f32_1684x.bmodel" \
  -o resnet18_f32_1684x_final.mlir
model_runner.py --model resnet18_f32_1684x.bmodel --input resnet18_in_f32.npz --dump_all_tensors \
  --output resnet18_all_tensors_f32_1684x_bmodel.npz
npz_tool.py compare resnet18_all_tensors_f32_1684x_bmodel.npz resnet18_all_tensors_mlir_f32.npz \
  --tolerance 0.999,0.999

step "Tutorial 2, step 2. Calibration"
run_calibration.py resnet18.mlir --data_list ./dataset_cali/image_list.txt --input_num 2 -o resnet18_cali_table
head -n 12 resnet18_cali_table

step "Tutorial 2, step 3. INT8 symmetric, compared with fp32 and simulated"
tpuc-opt resnet18.mlir \
  --import-calibration-table='file=resnet18_cali_table asymmetric=false' \
  --convert-top-to-tpu="mode=INT8 asymmetric=false chip=bm1684x" \
  --save-weight \
  -o resnet18_int8_sym_1684x.mlir
model_runner.py --model resnet18_int8_sym_1684x.mlir --input resnet18_in_f32.npz --dump_all_tensors \
  --output resnet18_all_tensors_int8_sym_1684x.npz
npz_tool.py compare resnet18_all_tensors_int8_sym_1684x.npz resnet18_all_tensors_mlir_f32.npz --tolerance 0.95,0.70
tpuc-opt resnet18_int8_sym_1684x.mlir \
  --weight-reorder \
  --subnet-divide \
  --layer-group \
  --address-assign \
  --save-weight \
  --codegen="model_file=resnet18_int8_sym_1684x.bmodel" \
  -o resnet18_int8_sym_1684x_final.mlir
for form in out_fixed float; do
  flag=()
  [ "$form" = out_fixed ] && flag=(--out_fixed)
  model_runner.py --model resnet18_int8_sym_1684x.bmodel --input resnet18_in_f32.npz --dump_all_tensors "${flag[@]}" \
    --output "bmodel_$form.npz"
  model_runner.py --model resnet18_int8_sym_1684x.mlir --input resnet18_in_f32.npz --dump_all_tensors "${flag[@]}" \
    --output "mlir_$form.npz"
done
npz_tool.py compare bmodel_out_fixed.npz mlir_out_fixed.npz --exact

step "Done: everything is in $PWD"
