"""Syncs customers and objects through the package tap-kustomer.

Arguments: the simulator's base URL, a key. Prints what the tap prints: one JSON object a line, records among them. The
tap checks every record by its own schema, and ends with an error if one does not fit.
"""

import sys

from singer import metadata
from tap_kustomer.client import KustomerClient
from tap_kustomer.discover import discover
from tap_kustomer.sync import sync

# What the simulator has of what the tap reads.
STREAMS = ("customers", "kobjects")


def main(base, key):
    catalog = discover()
    for stream in catalog.streams:
        selected = stream.stream in STREAMS
        described = metadata.write(metadata.to_map(stream.metadata), (), "selected", selected)
        stream.metadata = metadata.to_list(described)
    client = KustomerClient(key, "oracle")
    client.base_url = f"{base}/v1"
    with client:
        sync(client, {"start_date": "2000-01-01T00:00:00Z"}, catalog, {})


main(sys.argv[1], sys.argv[2])
