// One piece in the list: waiting, being made, finished, failed or cancelled.

import { paint } from './art.js';
import { confirmDelete } from './dialogs.js';
import { announce, byId, h, icon, setIcon, setText } from './dom.js';
import { createDownload } from './download.js';
import { ago, clockTime, length, wait } from './format.js';
import { failureInWords } from './messages.js';
import { heard, isHeard, isLive, live as ear, toggleLive } from './live.js';
import { clearNotice, showError } from './notice.js';
import { peaksOf } from './peaks.js';
import { isPlaying, player, positionOf, toggle } from './player.js';
import { cancel, destroy, isUnfinished } from './store.js';
import { draw } from './waveform.js';

const STATUS = { pending: 'Waiting', processing: 'Being made', completed: 'Ready', failed: 'Failed', cancelled: 'Cancelled' };

/**
 * Builds the card of a task.
 * @param {object} task as the server gives it
 * @param {{useSeed: Function, reuse: Function, useSource: Function}} actions what the composer offers
 */
export function createCard(task, actions) {
  let current = task;
  let wave = null;
  let live = {};
  let quarter = 0;

  const art = h('canvas', { class: 'art', 'aria-hidden': 'true' });
  const title = h('h3', { id: `t-${task.task_id}` }, task.prompt);
  const meta = h('p', { class: 'meta' });
  const body = h('div', { class: 'task-body' });
  const error = h('div', { class: 'notice', test: 'error', hidden: true });
  const element = h('li', { class: 'task', test: 'task', 'data-task-id': task.task_id, 'data-status': task.status },
    h('article', { 'aria-labelledby': title.id }, art, h('div', { class: 'task-text' }, title, meta), body, error));
  if (task.prompt.length > 110) title.title = task.prompt;

  const fail = (refusal) => showError(error, refusal);
  const busy = (on) => element.toggleAttribute('aria-busy', on);

  const attempt = (work) => async (event) => {
    const button = event.currentTarget;
    clearNotice(error);
    button.disabled = true;
    try {
      await work();
    } catch (refusal) {
      fail(refusal);
    }
    // A disabled button loses the focus; who came by keyboard gets it back.
    const lost = document.activeElement === document.body;
    button.disabled = false;
    if (lost && button.isConnected) button.focus();
  };

  const bin = () => h('button', {
    class: 'button square quiet', type: 'button', test: 'delete', 'aria-label': 'Delete', title: 'Delete',
    on: { click: ask },
  }, icon('bin'));

  async function ask() {
    const consequence = isUnfinished(current) ? 'It stops at once, and nothing of it is kept.' : 'Its sound is removed for good.';
    if (!await confirmDelete(`“${current.prompt.slice(0, 80)}${current.prompt.length > 80 ? '…' : ''}”: ${consequence}`)) return;
    clearNotice(error);
    try {
      await destroy(current.task_id);
      announce('Deleted.');
      byId('history-title').focus({ preventScroll: true });
    } catch (refusal) {
      fail(refusal);
    }
  }

  function build() {
    wave?.dispose?.();
    wave = null;
    live = {};
    element.dataset.status = current.status;
    const parts = { completed: finished, failed: broken, cancelled: stopped }[current.status] ?? making;
    const hadFocus = body.contains(document.activeElement);
    body.replaceChildren(...parts());
    if (hadFocus) body.querySelector('button')?.focus({ preventScroll: true });
    paint(art, `${current.seed}`, []);
    if (current.status === 'completed') outline();
  }

  function making() {
    live.bar = h('progress', { test: 'progress', max: 1, 'aria-label': `Progress of ${current.prompt.slice(0, 60)}` });
    live.steps = h('span', { class: 'steps' });
    live.left = h('span', { class: 'left-time' });
    return [h('div', { class: 'progress-row' }, live.bar, h('p', { class: 'progress-text' }, live.steps, live.left)), ...earpiece(),
      h('div', { class: 'actions' }, h('button', {
        class: 'button', type: 'button', test: 'cancel', on: { click: attempt(() => cancel(current.task_id)) },
      }, icon('stop'), h('span', {}, 'Cancel')), bin())];
  }

  /** Where a piece is heard while it is made: only one that keeps the level it has can be. */
  function earpiece() {
    if (current.parameters?.normalize !== 'none') return [];
    live.glyph = icon('play');
    live.listen = h('button', {
      class: 'play', type: 'button', test: 'listen', on: { click: () => { clearNotice(error); toggleLive(current.task_id); } },
    }, live.glyph);
    live.outline = h('canvas', { 'aria-hidden': 'true' });
    live.heard = h('span', { class: 'time', test: 'heard' });
    live.row = h('div', { class: 'player live' }, live.listen, h('div', { class: 'wave ready' }, live.outline), live.heard);
    return [live.row];
  }

  function refreshEar() {
    live.row.hidden = !isHeard(current);
    const mine = ear.id === current.task_id;
    const plays = isLive(current.task_id);
    live.listen.setAttribute('aria-label', plays ? 'Pause' : mine ? 'Go on listening' : 'Listen while it is made');
    setIcon(live.glyph, plays ? 'pause' : 'play');
    element.classList.toggle('playing', plays);
    setText(live.heard, !mine ? 'Listen live' : ear.waits ? 'Waiting for more' : `${clockTime(heard())} / ${clockTime(ear.seconds)}`);
    draw(live.outline, mine ? ear.peaks : [[0, 0]], mine && ear.seconds ? heard() / ear.seconds : 0);
  }

  function finished() {
    live.glyph = icon('play');
    live.play = h('button', {
      class: 'play', type: 'button', test: 'play', on: { click: () => { clearNotice(error); toggle(current); } },
    }, live.glyph);
    live.time = h('span', { class: 'time', 'aria-hidden': 'true' });
    wave = actions.waveform(current);
    return [h('div', { class: 'player' }, live.play, wave.element, live.time),
      h('div', { class: 'actions' }, createDownload(current, { fail, busy }), sourceButton('continue_from', 'more', 'Go on'), sourceButton('melody_from', 'spark', 'Follow its tune'), seedButton(), reuseButton('Edit and repeat'), bin())];
  }

  const broken = () => [h('p', { class: 'outcome bad', test: 'error' }, icon('alert'), h('span', {}, failureInWords(current.error))),
    h('div', { class: 'actions' }, reuseButton('Try again', 'button'), bin())];

  const stopped = () => [h('p', { class: 'outcome' }, 'Cancelled before it was finished.'),
    h('div', { class: 'actions' }, reuseButton('Edit and repeat'), bin())];

  // Shown by the page's styles where a model can do it.
  const sourceButton = (kind, glyph, name) => h('button', {
    class: `button quiet lends ${kind}`, type: 'button', test: kind, on: { click: () => actions.useSource(kind, current) },
  }, icon(glyph), h('span', {}, name));

  const seedButton = () => h('button', {
    class: 'button quiet', type: 'button', test: 'use-seed', title: `Seed ${current.seed}`,
    on: { click: () => actions.useSeed(current) },
  }, icon('seed'), h('span', {}, 'Use this seed'));

  const reuseButton = (name, kind = 'button quiet') => h('button', {
    class: kind, type: 'button', test: 'reuse', on: { click: () => actions.reuse(current) },
  }, icon('again'), h('span', {}, name));

  async function outline() {
    try {
      const { peaks } = await peaksOf(current.task_id);
      wave?.setPeaks(peaks);
      paint(art, `${current.seed}`, peaks);
    } catch {
      // Without its outline a piece still plays and seeks.
      wave?.element.classList.add('ready');
    }
  }

  function refresh() {
    describe();
    if (live.bar) showProgress();
    if (live.row) refreshEar();
    if (wave) refreshPlayer();
  }

  function describe() {
    const facts = [current.status === 'completed' ? null : STATUS[current.status], length(current.duration ?? current.parameters?.duration ?? 0),
      current.engine, current.seed === null || current.seed === undefined ? null : `seed ${current.seed}`, ago(current.created_at)];
    const line = facts.filter(Boolean).join(' · ');
    const words = (current.understood ?? []).slice(0, 8);
    const key = `${line}|${words}`;
    if (meta.dataset.key === key) return;
    meta.dataset.key = key;
    meta.replaceChildren(h('span', {}, line), words.length > 0
      ? h('span', { class: 'words' }, h('span', { class: 'visually-hidden' }, 'Understood: '), words.map((word) => h('span', { class: 'word' }, word)))
      : '');
  }

  function showProgress() {
    const { progress, steps_done: done, steps_total: total, position_in_queue: place, eta_seconds: eta } = current;
    const waits = current.status === 'pending';
    if (waits && !progress) live.bar.removeAttribute('value');
    else live.bar.value = progress ?? 0;
    const ahead = place === 1 ? 'Next in line' : `Number ${place} in line`;
    setText(live.steps, waits ? (place > 0 ? ahead : 'Waiting for its turn') : total > 0 ? `Step ${done} of ${total}` : 'Starting');
    setText(live.left, typeof eta !== 'number' ? '' : waits ? `ready in about ${wait(eta)}` : eta < 1 ? 'nearly done' : `about ${wait(eta)} left`);
    // Four sentences per piece, however many steps it has.
    const now = Math.floor((progress ?? 0) * 4);
    if (!waits && now > quarter && now < 4) announce(`${now * 25} percent done.`);
    quarter = Math.max(quarter, now);
  }

  function refreshPlayer() {
    const plays = isPlaying(current.task_id);
    const name = plays ? 'Pause' : 'Play';
    if (live.play.getAttribute('aria-label') !== name) {
      live.play.setAttribute('aria-label', name);
      setIcon(live.glyph, plays ? 'pause' : 'play');
      element.classList.toggle('playing', plays);
    }
    const at = positionOf(current.task_id);
    setText(live.time, at > 0 ? `${clockTime(at)} / ${clockTime(current.duration)}` : clockTime(current.duration));
    wave.update();
  }

  build();
  refresh();
  return {
    element,
    refresh,
    fail,
    update(next) {
      const moved = next.status !== current.status && !(isUnfinished(next) && isUnfinished(current));
      current = next;
      element.dataset.status = next.status;
      if (moved) build();
      refresh();
    },
    isCurrent: () => player.id === current.task_id,
    dispose: () => wave?.dispose(),
  };
}
