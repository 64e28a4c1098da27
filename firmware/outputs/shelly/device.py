"""What a Shelly Pro 3EM says of itself: loaded when somebody asks, then dropped again.

The keys are those of Shelly's API documentation, components Shelly and Sys, for firmware 1.4.4.
What a reader has nothing for, such as a temperature, has a value that a healthy meter could send.
"""

import json

from dsmr.fields import slot
from dsmr.times import unix_seconds

_FIRMWARE = "20241011-114455/1.4.4-g6d2a586"

# Bytes in use, and bytes that there are, where nobody counts them.
_MEMORY = (116_000, 242_000)

_METHODS = (
    '{"methods":["Shelly.GetDeviceInfo","Shelly.GetStatus","Shelly.GetConfig",'
    '"Shelly.ListMethods","Sys.GetStatus","EM.GetStatus","EMData.GetStatus"]}'
)


def result(meter, method, measured):
    """The result of a method as JSON; None if there is no such method.

    meter: a `firmware.outputs.shelly.Shelly`; measured: the result of EM.GetStatus, where the
    method needs it.
    """
    mac = meter.name.rpartition("-")[2].upper()
    if method == "EMData.GetStatus":
        return _energy(meter.grid)
    if method == "Shelly.GetDeviceInfo":
        return _device_info(meter.name, mac)
    if method == "Shelly.GetStatus":
        return _status(meter, mac, measured)
    if method == "Shelly.GetConfig":
        return _config(meter, mac)
    if method == "Shelly.ListMethods":
        return _METHODS
    if method == "Sys.GetStatus":
        return _sys(meter, mac)
    return None


def announce(meter):
    """Add what mDNS is to announce to the context's services.

    Batteries look for host and instance by their names, and some for keys that only newer meters
    have, so that the generation is 3 here.
    """
    name, port = meter.name, meter.context.settings["http_port"]
    mac = name.rpartition("-")[2].upper()
    keys = _txt(
        "gen=3",
        "id=" + name,
        "mac=" + mac,
        "app=shellypro3em",
        "model=SPEM-003CEBEU",
        "arch=esp32",
        "fw_id=" + _FIRMWARE,
        "ver=1.4.4",
    )
    tracker = _txt("serial=" + mac, "productid=1137")
    meter.context.services += [
        ("_shelly._tcp", port, keys, name, name),
        ("_http._tcp", port, keys, name, name),
        ("_everhome._tcp", port, tracker, "ecotracker-" + mac, name),
    ]


def _txt(*keys):
    """The data of a TXT record: each key with its length before it (RFC 6763, clause 6)."""
    return b"".join(bytes((len(key),)) + key.encode() for key in keys)


def _device_info(name, mac):
    return (
        '{"name":null,"id":"%s","mac":"%s","slot":0,"model":"SPEM-003CEBEU","gen":2,"fw_id":"%s",'
        '"ver":"1.4.4","app":"Pro3EM","auth_en":false,"auth_domain":null,"profile":"triphase"}'
        % (name, mac, _FIRMWARE)
    )


def _status(meter, mac, measured):
    board = meter.context.board
    _, network, rssi = board.station()
    return (
        '{"ble":{},"cloud":{"connected":false},"em:0":%s,"emdata:0":%s,"eth":{"ip":null},'
        '"modbus":{},"mqtt":{"connected":false},"sys":%s,"temperature:0":{"id":0,"tC":40.0,'
        '"tF":104.0},"wifi":{"sta_ip":%s,"status":"got ip","ssid":%s,"rssi":%d},'
        '"ws":{"connected":false}}'
        % (
            measured,
            _energy(meter.grid),
            _sys(meter, mac),
            json.dumps(_address(board)),
            json.dumps(network or None),
            rssi or 0,
        )
    )


def _energy(values):
    """The result of EMData.GetStatus, in Wh. P1 meters do not count by phase: all is on a."""
    imported, exported = "%d.00" % values.imported, "%d.00" % values.exported
    return (
        '{"id":0,"a_total_act_energy":%s,"a_total_act_ret_energy":%s,'
        '"b_total_act_energy":0.00,"b_total_act_ret_energy":0.00,'
        '"c_total_act_energy":0.00,"c_total_act_ret_energy":0.00,'
        '"total_act":%s,"total_act_ret":%s}' % (imported, exported, imported, exported)
    )


def _config(meter, mac):
    network = meter.context.board.station()[1]
    return (
        '{"ble":{"enable":false,"rpc":{"enable":false}},"cloud":{"enable":false,"server":null},'
        '"em:0":{"id":0,"name":null,"blink_mode_selector":"active_energy","phase_selector":"all",'
        '"monitor_phase_sequence":false,"reverse":{}},"emdata:0":{},"sys":{"device":{"name":null,'
        '"mac":"%s","fw_id":"%s","profile":"triphase","discoverable":true},"location":{"tz":null,'
        '"lat":null,"lon":null},"cfg_rev":1},"wifi":{"sta":{"ssid":%s,"is_open":false,'
        '"enable":true,"ipv4mode":"dhcp"}},"ws":{"enable":false,"server":null,"ssl_ca":"ca.pem"}}'
        % (mac, _FIRMWARE, json.dumps(network or None))
    )


def _sys(meter, mac):
    clock, unix_time = _time(meter.context.readout.telegram)
    used, limit = meter.context.memory.heap() or _MEMORY
    return (
        '{"mac":"%s","restart_required":false,"time":%s,"unixtime":%s,"uptime":%d,'
        '"ram_size":%d,"ram_free":%d,"fs_size":524288,"fs_free":184320,"cfg_rev":1,"kvs_rev":0,'
        '"schedule_rev":0,"webhook_rev":0,"available_updates":{},"reset_reason":1}'
        % (
            mac,
            json.dumps(clock),
            json.dumps(unix_time),
            meter.context.board.clock.now() // 1000,
            limit,
            limit - used,
        )
    )


def _address(board):
    """The first of the board's addresses; None while there is none."""
    for address, _ in board.networks():
        return address
    return None


def _time(telegram):
    """(local time as "HH:MM", seconds since 1970) of a telegram; two times None if it has none."""
    field = slot(b"timestamp")
    if telegram is None or not telegram.unit[field]:
        return None, None
    start, end = telegram.start[field], telegram.number[field]
    hour, minute = (bytes(telegram.buffer[start + at : start + at + 2]).decode() for at in (6, 8))
    return "%s:%s" % (hour, minute), unix_seconds(telegram.buffer, start, end)
