"""A company with its programme and people, as the office has it."""

from tests.web.office_programme.conftest import as_role, company  # noqa: F401 (fixtures)
