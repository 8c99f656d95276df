// Dialogs made when they are needed. What one showed, a secret perhaps, leaves the document with it.

import { h } from './dom.js';
import { uid } from './forms.js';

/**
 * Opens a dialog over whatever is there.
 * @param {{title: string, test?: string, wide?: boolean, mayClose?: () => boolean}} properties
 *   mayClose: asked when Escape is pressed
 * @param {(close: (value?: unknown) => void) => Node[]} build what stands below the title
 * @returns what it was closed with; undefined when it was called off
 */
export function openModal({ title, test, wide = false, mayClose = () => true }, build) {
  const id = uid('modal');
  return new Promise((resolve) => {
    let result;
    const close = (value) => {
      result = value;
      dialog.close();
    };
    const dialog = h('dialog', { class: wide ? 'modal wide-modal' : 'modal', test, 'aria-labelledby': id },
      h('h2', { id, tabindex: '-1' }, title));
    dialog.append(...build(close).flat().filter(Boolean));
    dialog.addEventListener('cancel', (event) => { if (!mayClose()) event.preventDefault(); });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    }, { once: true });
    document.body.append(dialog);
    dialog.showModal();
    // The first thing to fill in; where there is none the title, so that the text below is read first.
    (dialog.querySelector('[autofocus]') ?? dialog.querySelector('input:not([readonly], [type=checkbox])') ?? dialog.querySelector('h2')).focus();
  });
}

/** The button that calls a dialog off. */
export const cancelButton = (close, text = 'Cancel') =>
  h('button', { class: 'button quiet', type: 'button', test: 'dialog-cancel', on: { click: () => close() } }, text);

/** Asks before something is done that can't be undone. True: yes. */
export function ask({ title, text, yes, no = 'Cancel', kind = 'danger', more = [] }) {
  return openModal({ title, test: 'ask' }, (close) => [
    [].concat(text).map((sentence) => h('p', {}, sentence)),
    more,
    h('div', { class: 'dialog-buttons' },
      h('button', { class: 'button', type: 'button', test: 'ask-no', autofocus: true, on: { click: () => close(false) } }, no),
      h('button', { class: `button ${kind}`, type: 'button', test: 'ask-yes', on: { click: () => close(true) } }, yes)),
  ]);
}
