"""Deployment: from an fp32 Top model to a bmodel that was run and compared.

The package is not called `deploy`, because that is a function of the in-process API: `tpu_mlir.deploy(...)`.
"""
