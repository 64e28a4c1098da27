# Runs on the board, sent by host.deploy through the raw REPL before the files: each is written
# under a temporary name and read back, and only when all have arrived do they take their names.
# A cable that is pulled out leaves the program as it was.


class _Deploy:
    def __init__(self):
        import gc
        import os
        import sys

        gc.collect()
        if sys.platform == "esp32":
            os.chdir("/")

    def say(self, *values):
        import json

        print("\x02" + json.dumps(values))

    def begin(self, path):
        import os

        folders = path.split("/")[:-1]
        for depth in range(1, len(folders) + 1):
            try:
                os.mkdir("/".join(folders[:depth]))
            except OSError:
                pass  # It is there; if not, open() says so.
        self.path = path
        self.file = open(path, "wb")  # noqa: SIM115  closed by end(), some calls later

    def put(self, text):
        from binascii import a2b_base64

        self.file.write(a2b_base64(text))
        self.say("tick")

    def end(self, size, expected):
        import hashlib
        from binascii import hexlify

        self.file.close()
        digest = hashlib.sha256()
        with open(self.path, "rb") as stream:
            while True:
                data = stream.read(1024)
                if not data:
                    break
                digest.update(data)
        if hexlify(digest.digest()).decode() != expected:
            raise OSError("the flash gave back other bytes than were written: " + self.path)
        self.say("staged", self.path, size)

    def commit(self, renames, files, folders):
        import os

        for old, new in renames:
            os.rename(old, new)
            self.say("renamed", new)
        for path in files:
            os.remove(path)
            self.say("removed", path)
        for path in folders:
            os.rmdir(path)
        self.say("end")


_deploy = _Deploy()
