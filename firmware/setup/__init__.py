"""Set-up over the air: the board's own access point with its page, and the page /settings.

The access point, in a program of its own:

- `opening`: for how long a start opens it; `program`: what runs then;
- `names`: a DNS server's answers, all of which are the board's address;
- `portal`: the pages; `boards`: the boards that people buy;
- `attempt`: tries WiFi settings before they are kept; `worked`: whether WiFi ever has.

In the program that reads the meter:

- `door`: when the access point opens; `button` and `first`: what looks for it every second;
- `erase`: erases all secrets;
- `gate`: who may see /settings; `page`: shows it; `change`: follows it; `revert` and `confirm`:
  try what may cut the board off.

`html` and `given` serve several of these. All but `button` is loaded when it is needed.
"""
