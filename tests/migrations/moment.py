"""The moment at which every row of the migration tests was written."""

from datetime import UTC, datetime

AT = datetime(2026, 11, 12, 13, 10, 15, tzinfo=UTC)
