"""A bare microdot that answers with a constant text: arguments PORT SIZE THRESHOLD.

THRESHOLD: what gc.threshold() is set to; -1 leaves it to MicroPython.
"""

import gc
import sys

sys.path[:0] = [sys.argv[4]]

# Of the simulated chip: without its folder there would be other sockets than the firmware has.
import chip_idf  # noqa: E402, F401
from microdot import Microdot  # noqa: E402

gc.threshold(int(sys.argv[3]))
app = Microdot()
body = "x" * int(sys.argv[2])


@app.get("/metrics")
async def get_metrics(request):
    return body


app.run(host="127.0.0.1", port=int(sys.argv[1]))
