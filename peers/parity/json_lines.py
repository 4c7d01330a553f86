"""Compact JSON that still diffs well."""

import json


def dump(value):
    """JSON with one line per entry of the outer object and of its lists of objects."""
    def line(item):
        if isinstance(item, list) and item and isinstance(item[0], dict):
            return "[\n" + ",\n".join("    " + json.dumps(one) for one in item) + "\n  ]"
        return json.dumps(item)
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {line(item)}" for key, item in value.items()) + "\n}\n"
