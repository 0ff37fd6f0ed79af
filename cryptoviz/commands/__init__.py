"""Commands of `cryptoviz` beside Faust's own; each module holds one click command."""
