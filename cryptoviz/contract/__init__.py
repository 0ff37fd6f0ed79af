"""What other services may rely on in changelog and results topics, as JSON Schema.

`python -m cryptoviz.contract` writes docs/schemas/; it refuses a change that would break a
reader unless `CONTRACT_VERSION` in cryptoviz/topics.py is raised.
"""
