// What all charts are made with. Their units are those of the values: a viewBox scales them.

const SVG = "http://www.w3.org/2000/svg";

/** Append an element of SVG to its parent. */
export function draw(tag, parent, name) {
  const element = document.createElementNS(SVG, tag);
  if (name) element.setAttribute("class", name);
  parent.append(element);
  return element;
}

/** The round number at which a scale ends that has room for a value. */
export function ceiling(value) {
  if (value <= 0) return 0;
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * ten >= value);
}
