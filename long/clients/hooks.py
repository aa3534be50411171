"""Media types that schemathesis does not know by itself."""

import json

import schemathesis


@schemathesis.serializer("application/json+fhir", "application/fhir+json", "application/x-ndjson")
def as_json(_context, value):
    return json.dumps(value).encode()


@schemathesis.serializer("application/xml+fhir", "application/fhir+xml")
def as_text(_context, value):
    return str(value).encode(errors="replace")


@schemathesis.serializer("application/partial-upload")
def as_bytes(_context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
