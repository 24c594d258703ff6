"""An import of contacts: its states, its limits, and its sentences."""

from datetime import timedelta
from enum import StrEnum

LARGEST_FILE = 50_000_000  # bytes
MOST_ROWS = 200_000
MOST_COLUMNS = 100
PREVIEW = 5  # rows that are shown before anything is written
LONGEST_LINE = 300_000  # characters; what is longer is taken for several lines, none of which is a contact
BATCH = 1000  # rows of one transaction
LEASE = timedelta(seconds=30)  # without a batch for that long, an import has lost its worker
UPLOAD_KEPT = timedelta(days=1)  # a file whose columns nobody has chosen
IMPORT_KEPT = timedelta(days=30)  # what became of it, and the rows that could not be read


class ImportState(StrEnum):
    """Where an import is."""

    UPLOADED = "uploaded"  # the file is here; a person says what its columns hold
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Duplicates(StrEnum):
    """What happens to a contact that is here already."""

    UPDATE = "update"  # what the file says counts; what it does not say stays
    SKIP = "skip"


UNDER_WAY = frozenset({ImportState.QUEUED, ImportState.RUNNING})

BROKEN_ROW = "The quotation marks of this row do not pair, so it cannot be told where its values end."
FILE_GONE = (
    "The file is no longer on this server, so the rest of it cannot be read. Choose it again: rows that are in "
    "already are not doubled."
)
TOO_MANY_ROWS = f"This file has more than {MOST_ROWS:,} rows, and those are the most. Split it and import the parts one by one."
TOO_MANY_COLUMNS = "This file has {:,} columns, and {:,} are the most. Leave out those that nobody writes with, and choose it again."
NO_ADDRESS = "None of the first rows of this file holds an address. Choose a CSV file with a column of addresses, one contact a row."
