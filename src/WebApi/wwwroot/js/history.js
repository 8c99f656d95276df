// The list of pieces: newest first, one card each, page by page.

import { paint } from './art.js';
import { createCard } from './card.js';
import { announce, byId, h } from './dom.js';
import { clearNotice, showError } from './notice.js';
import { ApiError } from './api.js';
import { live } from './live.js';
import { player, stop } from './player.js';
import { all, find, isUnfinished, load, store } from './store.js';
import { createWaveform } from './waveform.js';

const MINUTE = 60000;
const cards = new Map();

/** Wires the list; `actions` are what the composer offers a card. */
export function startHistory(actions) {
  const offered = { ...actions, waveform: createWaveform };
  paint(byId('empty-art'), 'quiet', []);

  store.addEventListener('change', ({ detail: { task, before } }) => {
    const card = cards.get(task.task_id);
    if (card) card.update(task);
    else insert(task, createCard(task, offered));
    if (before && isUnfinished(before) && !isUnfinished(task)) tellEnd(task);
    arrange();
  });
  store.addEventListener('remove', ({ detail: { id } }) => {
    stop(id);
    drop(id);
    arrange();
  });
  store.addEventListener('reset', () => {
    stop();
    for (const id of [...cards.keys()]) drop(id);
    clearNotice(byId('history-error'));
    arrange();
  });

  // The piece that falls silent because another starts has to be redrawn too.
  let heard = null;
  const repaint = () => {
    if (heard !== player.id) cards.get(heard)?.refresh();
    heard = player.id;
    cards.get(heard)?.refresh();
  };
  player.addEventListener('change', repaint);
  player.addEventListener('time', repaint);
  player.addEventListener('error', ({ detail: { id } }) => cards.get(id)?.fail(
    new ApiError({ code: 'audio.unplayable', detail: 'The sound could not be loaded. Try once more, or download it.' })));

  for (const name of ['change', 'time']) live.addEventListener(name, ({ detail }) => cards.get(detail?.id ?? live.id)?.refresh());
  live.addEventListener('error', ({ detail: { id, error } }) => {
    if (cards.has(id) && find(id)?.status === 'processing') cards.get(id).fail(error instanceof ApiError ? error : new ApiError({ code: 'audio.broken_off' }));
  });

  byId('load-more').addEventListener('click', more);
  // "3 minutes ago" grows old by itself.
  setInterval(() => { for (const card of cards.values()) card.refresh(); }, MINUTE);
}

/** Reads the first page; what goes wrong stands above the list. */
export async function openHistory() {
  try {
    await load();
    clearNotice(byId('history-error'));
  } catch (error) {
    showError(byId('history-error'), error);
    const again = h('button', { class: 'button', type: 'button', on: { click: openHistory } }, 'Try again');
    byId('history-error').append(again);
  }
  arrange();
}

async function more() {
  const button = byId('load-more');
  const known = new Set(cards.keys());
  button.disabled = true;
  try {
    await load({ more: true });
    clearNotice(byId('history-error'));
    const first = all().find((task) => !known.has(task.task_id));
    announce(first ? `${cards.size - known.size} more pieces.` : 'That was all.');
    cards.get(first?.task_id)?.element.querySelector('button, [tabindex]')?.focus();
  } catch (error) {
    showError(byId('history-error'), error);
  }
  button.disabled = false;
  arrange();
}

function insert(task, card) {
  cards.set(task.task_id, card);
  const order = all().map((known) => known.task_id);
  const next = order.slice(order.indexOf(task.task_id) + 1).find((id) => cards.has(id));
  byId('tasks').insertBefore(card.element, next ? cards.get(next).element : null);
}

function drop(id) {
  cards.get(id)?.dispose();
  cards.get(id)?.element.remove();
  cards.delete(id);
}

function arrange() {
  const failed = !byId('history-error').hidden;
  byId('history-loading').hidden = store.loaded || failed || cards.size > 0;
  byId('history-empty').hidden = !store.loaded || cards.size > 0;
  byId('load-more').hidden = !store.cursor;
}

function tellEnd(task) {
  const name = task.prompt.slice(0, 60);
  announce({ completed: `Ready: ${name}.`, failed: `Failed: ${name}.`, cancelled: `Cancelled: ${name}.` }[task.status] ?? '');
}
