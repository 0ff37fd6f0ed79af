"""What other services may rely on in changelog and results topics, as JSON Schema.

`python -m cryptoviz.contract` writes docs/schemas/; it refuses a change that would break a
reader unless `VERSION` is raised.
"""

# Raised when a reader written for the version before may break (docs/changelogs.md).
VERSION = 1
