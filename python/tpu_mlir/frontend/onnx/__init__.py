"""The ONNX front end: prepare the graph (`graph`), run it for reference (`reference`), import it (`importer`)."""
