// One section of the account's or the admins' page: a heading, what the server says, and what may be done about it.

import { h } from './dom.js';
import { noticeBox } from './forms.js';
import { clearNotice, showError } from './notice.js';

/**
 * @param {{id: string, title: string, lead?: string, load?: () => Promise<unknown>, show: (answer: unknown, panel: object) => (Node|null)[]}} section
 *   load: asks the server; show: builds what stands below the lead, again after each load
 */
export function createPanel({ id, title, lead, load, show }) {
  const heading = h('h2', { id: `${id}-title`, tabindex: '-1' }, title);
  const box = noticeBox();
  const body = h('div', { class: 'stack' }, load ? h('p', { class: 'hint' }, 'Loading') : null);
  const element = h('section', { class: 'panel card', id: `section-${id}`, test: `section-${id}`, 'aria-labelledby': heading.id },
    h('header', {}, heading, lead && h('p', { class: 'hint' }, lead)), box, body);

  const panel = {
    id, title, element, box,
    focus: () => heading.focus({ preventScroll: true }),

    /** Reads and shows anew. What had the focus may go with it; the heading takes it then, so that it isn't lost. */
    async refresh() {
      try {
        const answer = await load?.();
        clearNotice(box);
        place(show(answer, panel));
      } catch (error) {
        showError(box, error);
        place([h('button', { class: 'button', type: 'button', on: { click: () => panel.refresh() } }, 'Try again')]);
      }
    },
  };

  function place(parts) {
    const held = body.contains(document.activeElement);
    body.replaceChildren(...parts.flat().filter(Boolean));
    if (held || (document.activeElement === document.body && panel.acted)) panel.focus();
    panel.acted = false;
  }

  return panel;
}

/** Panels in a column with a list of them beside it. `open` reads them all; `close` takes everything off the page. */
export function createPages({ root, name, title, panels: make }) {
  let panels = [];

  return {
    async open(section) {
      if (panels.length === 0) {
        panels = make();
        root.replaceChildren(
          h('div', { class: 'page-head' }, h('a', { class: 'back', href: '#', test: 'back' }, '← Your music'), h('h1', { tabindex: '-1' }, title)),
          h('nav', { class: 'sections', 'aria-label': `${title}: sections` },
            h('ul', {}, panels.map((panel) => h('li', {}, h('a', { href: `#${name}/${panel.id}` }, panel.title))))),
          h('div', { class: 'column' }, panels.map((panel) => panel.element)));
        const read = Promise.all(panels.map((panel) => panel.refresh()));
        // A section further down moves until those above it are filled.
        if (section) await read;
      }
      const panel = panels.find((one) => one.id === section);
      if (panel) {
        panel.element.scrollIntoView();
        panel.focus();
      } else {
        scrollTo(0, 0);
        root.querySelector('h1').focus({ preventScroll: true });
      }
    },
    refresh: (...ids) => Promise.all(panels.filter((panel) => ids.includes(panel.id)).map((panel) => panel.refresh())),
    close() {
      panels = [];
      root.replaceChildren();
    },
  };
}
