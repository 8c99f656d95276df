// Small helpers for building the page. Text always goes in as text nodes, so that no prompt can become markup.

const SVG = 'http://www.w3.org/2000/svg';

/** The element with that id. */
export const byId = (id) => document.getElementById(id);

/** Builds an element: `on` holds listeners, `test` the hook for browser tests, all else are attributes. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === 'test') {
      element.dataset.testid = value;
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sprite in index.html; always decoration, the control carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Points an icon that is already drawn at another symbol. */
export function setIcon(svg, name) {
  const use = svg.firstElementChild;
  // Writing the same value again would still restart the drawing.
  if (use.getAttribute('href') !== `#i-${name}`) use.setAttribute('href', `#i-${name}`);
}

/** Writes text only where it changed, so that screen readers and layout stay calm. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let clearing;

/** Says something to screen readers without moving the focus. */
export function announce(text) {
  const live = byId('live');
  live.textContent = text;
  clearTimeout(clearing);
  // An old sentence left behind would be met again by whoever browses the page by arrow keys.
  clearing = setTimeout(() => { live.textContent = ''; }, 8000);
}

export const prefersReducedMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
