"""Reads everything through the package recharge-api, and checks every row by its models.

Arguments: the simulator's base URL, a token. Prints one JSON object: how many rows of each kind were read, and each
complaint once, as "kind id member: rule".
"""

import copy
import importlib
import json
import logging
import sys

import pydantic
import recharge
from recharge.api import RechargeResource
from recharge.client import RechargeClient

# Customers whose email address asks the simulator for a fault: a call about one of them alone fails on purpose.
FAULTS = (
    "rate-limited@",
    "server-error@",
    "unauthorized@",
    "broken-json@",
    "truncated@",
    "reset@",
    "silent@",
    "slow-",
)

# Kind, module and class of the model, further parameters of the list.
LISTS = [
    ("customers", "customer", "Customer", {}),
    ("subscriptions", "subscription", "Subscription", {}),
    ("charges", "charge", "Charge", {}),
    ("addresses", "address", "Address", {}),
    ("orders", "order", "Order", {}),
    ("onetimes", "onetime", "Onetime", {"include_cancelled": "true"}),
    ("payment_methods", "payment_method", "PaymentMethod", {}),
    ("discounts", "discount", "Discount", {}),
    ("plans", "plan", "Plan", {}),
    ("collections", "collection", "Collection", {}),
    ("metafields", "metafield", "Metafield", {"owner_resource": "customer"}),
    ("events", "event", "Event", {}),
    ("webhooks", "webhook", "Webhook", {}),
]

# Kinds without a call for one of them.
WITHOUT_ONE = ("plans", "metafields", "events")


def is_faulty(row):
    return str(row.get("email")).lower().startswith(FAULTS)


def main(base, token):
    logging.disable(logging.CRITICAL)
    RechargeResource.base_url = base
    RechargeClient.base_url = base
    # The package asks for the token's scopes first; the versions of its models are those of the two API versions.
    api = recharge.RechargeAPI(token)
    client = api.client.set_version("2021-11")
    rows, complaints = {}, set()

    def check(kind, model, row, which=None):
        rows[kind] = rows.get(kind, 0) + 1
        try:
            # The models write into what they check.
            model.model_validate(copy.deepcopy(row))
        except pydantic.ValidationError as error:
            for problem in error.errors():
                # Places in lists are left out.
                parts = [part for part in problem["loc"] if isinstance(part, str)]
                complaints.add(f"{kind} {which or row.get('id')} {'.'.join(parts)}: {problem['type']}")

    def model(module, name):
        return getattr(importlib.import_module(f"recharge.model.v2.{module}"), name)

    for kind, module, name, parameters in LISTS:
        rows[kind] = 0
        listed = client.paginate(f"{base}/{kind}", {"limit": "100", **parameters}, kind)
        for row in listed:
            check(kind, model(module, name), row)
        row = next((row for row in listed if not is_faulty(row)), None)
        if row and kind not in WITHOUT_ONE:
            one = client.get(f"{base}/{kind}/{row['id']}", None, module)
            if one != row:
                complaints.add(f"{kind} {row['id']}: differs from its row in the list")
    check("store", model("store", "Store"), client.get(f"{base}/store", None, "store"))
    token_information = client.get(f"{base}/token_information", None, "token_information")
    check("token_information", model("token", "TokenInformation"), token_information)
    for customer in client.paginate(f"{base}/customers", {"limit": "250"}, "customers"):
        if not is_faulty(customer):
            url = f"{base}/customers/{customer['id']}/delivery_schedule"
            schedule = client.get(url)
            by = model("customer", "CustomerDeliverySchedule")
            check("delivery_schedules", by, schedule, customer["id"])
    # Its own methods read and check whole lists; those with planted oddities are left out here.
    for resource in (api.v2.Customer, api.v2.Charge, api.v2.Address, api.v2.Order, api.v2.Onetime):
        found = resource.list_all({"limit": "250"})
        rows[f"{type(resource).__name__}.list_all"] = len(found)
    print(json.dumps({"rows": rows, "complaints": sorted(complaints)}))


main(sys.argv[1], sys.argv[2])
