"""Starts the `cryptoviz` command."""

from cryptoviz import garbage


def main() -> None:
    """Run `cryptoviz.command_line`."""
    garbage.look_seldom()
    # Only now: most of the time of a start goes into what this loads.
    from cryptoviz import command_line

    command_line.main()


if __name__ == "__main__":
    main()
