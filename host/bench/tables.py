"""Tables of results, as text for a terminal and as Markdown for a page."""

from dataclasses import dataclass, field

#: The columns that rows made by `figures.measured` have; a table may add some.
MEASURED = {"what": "what", "on": "on", "often": "how often"}


@dataclass
class Table:
    """columns: {key of a row: heading}. A row is a dict; what it lacks is left empty.

    A column "spread" shows a row's "low" and "high".
    """

    name: str
    title: str
    columns: dict
    rows: list
    notes: list = field(default_factory=list)

    def cells(self):
        """Headings and rows as text."""
        yield list(self.columns.values())
        for row in self.rows:
            yield [self._cell(row, key) for key in self.columns]

    def _cell(self, row, key):
        if key == "spread":
            if "low" not in row or row["low"] == row["high"]:
                return ""
            return f"{number(row['low'])} to {number(row['high'])}"
        return number(row[key]) if row.get(key) is not None else ""

    def is_right(self, key):
        """Whether a column is one of numbers, which stand at the right."""
        values = [row[key] for row in self.rows if row.get(key) is not None]
        return key == "spread" or any(isinstance(value, (int, float)) for value in values)


def number(value):
    """A number with three digits that count, or an integer with all of them; a text as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"


def as_text(table):
    """For a terminal."""
    cells = list(table.cells())
    keys = list(table.columns)
    widths = [max(len(row[column]) for row in cells) for column in range(len(keys))]
    right = [table.is_right(key) for key in keys]
    lines = ["", table.title, ""]
    for place, row in enumerate(cells):
        padded = [
            text.rjust(width) if at_right else text.ljust(width)
            for text, width, at_right in zip(row, widths, right)
        ]
        lines.append("  " + "  ".join(padded).rstrip())
        if not place:
            lines.append("  " + "  ".join("-" * width for width in widths))
    lines += [""] + ["  " + note for note in table.notes]
    return "\n".join(lines)


def as_markdown(table, level=2):
    """For a page."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in table.cells()]
    marks = ["---:" if table.is_right(key) else "---" for key in table.columns]
    lines = ["#" * level + " " + table.title, ""]
    for place, row in enumerate(cells):
        lines.append("| " + " | ".join(row) + " |")
        if not place:
            lines.append("|" + "|".join(marks) + "|")
    for note in table.notes:
        lines += ["", note]
    return "\n".join(lines) + "\n"
