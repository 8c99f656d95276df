// The two dialogs: "delete?" and the list of keys, with the page-wide keys themselves.

import { byId } from './dom.js';
import { live, toggleLive } from './live.js';
import { toggleCurrent } from './player.js';

const SETTING = 'musicgen-keys';

/** Asks before a piece is deleted; true: yes. Focus goes back to where it was, as dialogs do. */
export function confirmDelete(text) {
  const dialog = byId('confirm');
  byId('confirm-text').textContent = text;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Closes whatever is open: somebody signed out. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close('no');
}

export function startKeys() {
  const dialog = byId('keys');
  const box = byId('keys-on');
  // Single keys can get in the way of speech input, so they can be switched off (WCAG 2.1.4).
  box.checked = read() !== 'off';
  box.addEventListener('change', () => write(box.checked ? 'on' : 'off'));
  byId('show-keys').addEventListener('click', () => dialog.showModal());

  document.addEventListener('keydown', (event) => {
    if (!box.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') || event.target.closest('input, textarea, select, [contenteditable]')) return;
    if (event.key === '?') {
      event.preventDefault();
      dialog.showModal();
    } else if (event.key === ' ' && !event.target.closest('button, a, summary')) {
      if (live.id !== null) {
        event.preventDefault();
        toggleLive(live.id);
      } else if (toggleCurrent()) {
        event.preventDefault();
      }
    }
  });
}

function read() {
  try {
    return localStorage.getItem(SETTING);
  } catch {
    return null; // Storage is blocked: the keys stay on.
  }
}

function write(value) {
  try {
    localStorage.setItem(SETTING, value);
  } catch {
    // Storage is blocked: the choice holds until the page is left.
  }
}
