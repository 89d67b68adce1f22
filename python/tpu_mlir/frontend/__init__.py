"""Front ends: `core` is what they share, and one folder per framework turns its model files into Top operations."""
