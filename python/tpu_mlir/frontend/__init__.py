"""Front ends: one folder per framework, each turns a model file into Top operations."""
