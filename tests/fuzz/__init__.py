"""Coverage-guided fuzzing: what is fed to the program, and what must hold whatever it is.

`oracle` knows what must hold of the parser; it needs no fuzzer, so that what a fuzzer found once
is an ordinary test for ever. `target` is what atheris runs, `command` is `make fuzz`.
"""
