"""The schemas that the application's types make now."""

from __future__ import annotations

from cryptoviz.app import app
from cryptoviz.contract.schemas import schemas
from cryptoviz.contract.snapshot import Schemas
from cryptoviz.settings import current as settings


def current() -> Schemas:
    """Return the schema of each topic; all tables of the usual settings are among them."""
    app.finalize()
    app.discover()
    # The document lists the tables, which are known once their modules are imported.
    from web.asyncapi import document

    return schemas(document(), f"{settings().cryptoviz_id}-")
