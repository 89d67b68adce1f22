//===- TpuBase.td - Tpu dialect, attributes and op classes -------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TPU_IR_TPU_BASE
#define TPU_MLIR_DIALECT_TPU_IR_TPU_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "tpu_mlir/Interfaces/OpInterfaces.td"

def Tpu_Dialect : Dialect {
  let name = "tpu";
  let cppNamespace = "::tpu_mlir::tpu";
  let summary = "Networks in a target's number formats";
  let description = [{
    The lowered graph: element types are f32 or `!quant.uniform<i8|u8 : f32, scale>`, accumulators never leave an op.
    Weights stay `top.Weight` ops. After address-assign, the encoding of a tensor type is its global-memory address.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::tpu_mlir::top::TopDialect"];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerTpuOps();
  }];
}

def Tpu_Tensor : AnyTypeOf<[AnyTensor]>;
def Tpu_OptionalTensor : AnyTypeOf<[AnyTensor, NoneType]>;

def Tpu_TileAttr : AttrDef<Tpu_Dialect, "Tile"> {
  let mnemonic = "tile";
  let summary = "Largest tile of the result that local memory holds";
  let description = [{Sizes of the tile in the result's n, c, h, w; `buffers` 2 double-buffers what is loaded and stored.
    Example: `#tpu.tile<n = 1, c = 64, h = 28, w = 56, buffers = 2>`}];
  let parameters = (ins "int64_t":$n, "int64_t":$c, "int64_t":$h, "int64_t":$w, "int64_t":$buffers);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Tpu_GroupAttr : AttrDef<Tpu_Dialect, "Group"> {
  let mnemonic = "group";
  let summary = "The layer group of an op, and where its result goes";
  let description = [{Ops with the same `id` stand next to each other and run slice by slice: `n` times `h` times `w`
    slices of the batch, of the rows and of the columns. `weights`: whether weights stay in local memory for all slices. `stored`: whether the result
    goes to global memory when another group reads it, or stays in local memory until then. `joins`: an element-wise op is
    computed part by part with the op before it, whose result never stands whole.
    Example: `#tpu.group<id = 3, n = 1, h = 4, weights = true, stored = false, joins = false>`}];
  let parameters = (ins "int64_t":$id, "int64_t":$n, "int64_t":$h, DefaultValuedParameter<"int64_t", "1">:$w, "bool":$weights, "bool":$stored, "bool":$joins);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Tpu_PlacementAttr : AnyAttrOf<[Tpu_TileAttr, Tpu_GroupAttr],
    "the tile of an op that runs by itself, or its layer group">;

class Tpu_Op<string mnemonic, list<Trait> traits = []> : Op<Tpu_Dialect, mnemonic,
    !listconcat(traits, [Pure, DeclareOpInterfaceMethods<FormInterface>])> {
  // Forms rely on shapes and formats that fit; every op checks its own.
  let hasVerifier = 1;
}

/// What an op declares that has a form of its own in local memory.
def Tpu_LocalForm { code declaration = "std::optional<::tpu_mlir::Recipe> localForm();"; }

/// Arguments every Tpu op carries: what layer-group chose.
def Tpu_Group { dag attrs = (ins OptionalAttr<Tpu_PlacementAttr>:$ginfo); }
#endif
