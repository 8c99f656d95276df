// A QR code as a picture, from the server's rows of modules.

const SVG = 'http://www.w3.org/2000/svg';
// The standard asks for four light modules on each side.
const QUIET = 4;

/** Draws rows such as "1011…", 1 dark; black on white in both themes, because cameras want it so. */
export function drawQr(rows, label) {
  const size = rows.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' })) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index + QUIET} ${y + QUIET}h${run[0].length}v1h-${run[0].length}z`)).join(''));
  svg.append(path);
  return svg;
}
