"""Updates over WiFi: a new version comes in beside the one that runs, and is tried first.

`host.update` sends it, trial.py tries it and rolls it back, and docs/updates.md tells all of it.
Without a file with a key there are no updates. All of it is loaded when an update comes in, and
dropped when it has ended.

- `service`: what is known between two messages, and the page `/update`;
- `message`: how a message is made and checked; `manifest`: what a tree consists of. Both ends use
  them;
- `trees`: the two trees on the flash, and tree.json;
- `session`: takes the messages of one update; `incoming`: the tree that they bring;
- `short`: what there is memory for on a board with next to none; `firmware.single` is what runs
  while an update comes in there.
"""
