"""The tools that users type; each module has `main(argv) -> exit code`."""
