// Saving a piece: WAV at once, other formats from a small menu.

import { h, icon } from './dom.js';
import { call } from './session.js';
import { pathOf } from './store.js';

const FORMATS = [
  ['wav', 'WAV', '16-bit, plays everywhere'], ['wav-f32', 'WAV float', '32-bit, for studios'],
  ['flac', 'FLAC', 'smaller, nothing lost'], ['mp3', 'MP3', 'small'], ['ogg', 'Ogg', 'small, open'],
];

// Of pieces that have a score; `midi` is small and made at once, so it tells beforehand whether either can be had.
const SCORES = [['midi', 'MIDI', 'the notes, for your own instruments'], ['stems', 'Stems', 'each player alone, as WAV in a ZIP']];

// Encoding a long piece for the first time takes the server a while.
const ENCODING = 120000;

/** The split button of a finished task; `fail` hears of refusals. */
export function createDownload(task, { fail, busy }) {
  const save = (format) => fetchFile(`${pathOf(task.task_id)}/audio?format=${format}`);

  const saveScore = (kind) => fetchFile(`${pathOf(task.task_id)}/${kind}`, `${pathOf(task.task_id)}/midi`);

  const fetchFile = async (path, probe = path) => {
    busy(true);
    try {
      // One byte first: a refusal can be told in words, and an expired token renewed, which a plain link can't do.
      await call('GET', probe, { headers: { Range: 'bytes=0-0', Accept: '*/*' }, timeout: ENCODING, probe: true });
    } catch (error) {
      fail(error);
      return;
    } finally {
      busy(false);
    }
    const link = h('a', { href: path, download: '', hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
  };

  const entry = ([format, name, note], get) => h('li', {}, h('button', {
    type: 'button', test: 'download-format', 'data-format': format,
    on: { click: () => { close(); get(format); } },
  }, h('strong', {}, name), ' ', h('span', {}, note)));

  const menu = h('details', { class: 'menu' },
    h('summary', { class: 'button square', test: 'download-menu', 'aria-label': 'Other formats', title: 'Other formats' }, icon('more')),
    h('ul', {}, [...FORMATS.map((row) => entry(row, save)), ...(task.neural ? [] : SCORES.map((row) => entry(row, saveScore)))]));

  const close = () => {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector('summary').focus();
  };
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open) {
      event.stopPropagation();
      close();
    }
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });

  return h('div', { class: 'split' },
    h('button', { class: 'button', type: 'button', test: 'download', on: { click: () => save('wav') } }, icon('down'), h('span', {}, 'Download')),
    menu);
}

document.addEventListener('pointerdown', (event) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
});
