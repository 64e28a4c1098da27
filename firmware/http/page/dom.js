// The few things that every card does with the document. Texts go in as texts, never as markup.

/** The element with this id. */
export const find = (id) => document.getElementById(id);

/** Write an element's text, if it is another: else a screen reader would lose its place. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Append an element of HTML to its parent. */
export function make(tag, parent, name = "") {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}

/** Write rows of texts into a table, whose first column has the headings of the rows. */
export function fill(table, rows, head = []) {
  const [body] = table.tBodies;
  if (head.length) fillRow(table.tHead.rows[0], head, () => "col");
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((texts, at) => {
    fillRow(body.rows[at] ?? body.insertRow(), texts, (column) => !column && "row");
  });
}

function fillRow(row, texts, scope) {
  while (row.cells.length > texts.length) row.deleteCell(-1);
  texts.forEach((text, column) => {
    let cell = row.cells[column];
    if (!cell) {
      cell = make(scope(column) ? "th" : "td", row);
      if (scope(column)) cell.scope = scope(column);
    }
    write(cell, text);
  });
}
