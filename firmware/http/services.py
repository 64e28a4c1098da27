"""What mDNS announces of the pages: loaded at the start, where the output `discovery` is on."""


def announce(context):
    """Add the services to the context's.

    `_http._tcp` is for all that look for web servers, `_hwenergy._tcp` for those that look for a
    HomeWizard P1 meter. The latter's keys are those of
    https://api-documentation.homewizard.com/docs/discovery, and its host's name begins as such a
    meter's, by which SmartEVSE knows it. It is left out with a password, which they cannot give.
    """
    settings = context.settings
    port = settings["http_port"]
    serial = context.board.station()[0]
    name = "%s-%s" % (settings["hostname"], serial[-6:])
    context.services.append(("_http._tcp", port, {"path": "/"}, name))
    if settings["homewizard"] and settings["http_password"] == "":
        keys = {
            "api_enabled": "1",
            "path": "/api/v1",
            "serial": serial,
            "product_name": "P1 Meter",
            "product_type": "HWE-P1",
        }
        name = "p1meter-" + serial[-6:]
        context.services.append(("_hwenergy._tcp", port, keys, name, name))
