"""Updates over WiFi, as a PC sends them; `firmware.update` takes them in. See docs/updates.md.

- `package`: a version, from the checkout or an archive; `release` makes the archives;
- `client`: the messages to a board, over a network that loses some;
- `send`: one update from its beginning to its end;
- `keys`: the keys of the boards; `progress`: the bar; `__main__`: the command.
"""
