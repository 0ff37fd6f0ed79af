"""The database as the views read it, apart from the sink's connections."""

from cryptoviz.settings import current
from cryptoviz.timescale.database import Database

database = Database(current())
