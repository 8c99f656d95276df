// A list that is renewed again and again. What stays keeps its element, so that focus, hover and half-made clicks survive.

import { h } from '../dom.js';

/**
 * @param {HTMLElement} list where
 * @param {{key: (item: object) => string, make: (item: object) => {element: HTMLElement, update: (item: object) => void}, none: string}} rules
 *   none: what stands there instead of nothing
 * @returns {(items: object[]) => void} shows these, in this order
 */
export function keyed(list, { key, make, none }) {
  const shown = new Map();
  const empty = h('li', { class: 'none' }, none);

  return (items) => {
    const wanted = new Set(items.map(key));
    for (const [id, part] of shown) {
      if (wanted.has(id)) continue;
      part.element.remove();
      shown.delete(id);
    }
    empty.remove();
    items.forEach((item, index) => {
      const part = shown.get(key(item)) ?? make(item);
      shown.set(key(item), part);
      part.update(item);
      if (list.children[index] !== part.element) list.insertBefore(part.element, list.children[index] ?? null);
    });
    if (items.length === 0) list.append(empty);
  };
}
