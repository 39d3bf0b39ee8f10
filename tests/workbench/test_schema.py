"""The whole description of the API, tried by schemathesis: no answer of 500, none that the description does not allow."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from citycarbon.interfaces.workbench import people

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
          response_headers_conformance)  # fmt: skip


@pytest.fixture
def described(desk):
    """The description of a workbench, and the headers of an administrator's token."""
    client = desk.client("ada")
    ada = people.person_of_session(desk.bench.engine, client.cookies["citycarbon_session"], 1)
    key = people.make_token(desk.bench.engine, ada, "test", "approver", "*", 1)
    made = client.get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(made)
    schema.app = desk.app
    schema.config.update(base_url="http://127.0.0.1:8470/api/v1")
    return schema, {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize("part", ["the rest", "methods"])
def test_every_operation_answers_as_described(described, part):
    schema, headers = described
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        # Methods begin a process each.
        runs = operation.path.startswith("/methods/") and operation.method == "post"
        examples = 1 if runs else 12
        if runs != (part == "methods"):
            continue

        @settings(max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def attempt(case):
            # A stream of events has no end that a test could wait for.
            if not case.path.endswith("/events"):
                case.call_and_validate(headers=headers, checks=CHECKS)

        from hypothesis import given

        given(operation.as_strategy())(attempt)()
        tried += 1
    assert tried >= (90 if part == "methods" else 35)


def test_the_description_is_complete(desk):
    made = desk.client().get("/api/v1/openapi.json").json()
    for path, ways in made["paths"].items():
        for method, operation in ways.items():
            where = f"{method} {path}"
            assert operation.get("summary") or operation.get("description"), where
            assert operation["tags"], where
            if path != "/":
                assert {"401", "404", "422"} <= set(operation["responses"]), where
    assert set(made["components"]["securitySchemes"]) == {"token", "session"}
