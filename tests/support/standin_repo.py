"""A small repository of the shape that the board's tree is made from."""

from host import tree

STANDIN = {
    "boot.py": "",
    "trial.py": "",
    "main.py": "import sys\nsys.path[:0] = ['app', 'app/lib']\n"
    "from firmware.app import run\nrun()\n",
    "firmware/__init__.py": 'VERSION = "1.2.3"\n',
    "firmware/app.py": "import microdot\nfrom dsmr import crc\n\n\ndef run():\n"
    "    print(crc(1))\n",
    "firmware/large.py": "".join(f"VALUE_{n} = 'text {n}'\n" for n in range(700)),
    "firmware/boards/__init__.py": "",
    "firmware/page.gz": bytes(range(256)) * 9,
    "host/pc.py": "import serial\n",
    "lib/dsmr/__init__.py": "def crc(n):\n    return 'crc %d' % n\n",
    "lib/dsmr/__main__.py": "print('for a PC')\n",
    "lib/dsmr/fast.py": "import micropython\n\n\n@micropython.viper\ndef one() -> int:\n"
    "    return 1\n",
    tree.MICRODOT_PIN: (tree.REPO / tree.MICRODOT_PIN).read_bytes(),
}


def read_tree(folder):
    """All files below a folder: their paths in it and their bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def write_repo(folder):
    for name, content in STANDIN.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
