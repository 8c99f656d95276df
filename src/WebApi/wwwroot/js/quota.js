// What the account may still make, and when there is more.

import { byId, h, setText } from './dom.js';
import { count, length, moment } from './format.js';
import { call, session } from './session.js';
import { isUnfinished, store } from './store.js';

const NAMES = { minute: 'This minute', hour: 'This hour', day: 'Today' };
const GATHER = 1200;

/** Fires `change` when the numbers are new; `tier` is the account's by the server's word. */
export const quota = Object.assign(new EventTarget(), { tier: null });

let timer;

/** Reads the numbers soon; several causes at once make one request. */
export function refreshQuota(delay = GATHER) {
  clearTimeout(timer);
  timer = setTimeout(read, delay);
}

async function read() {
  const owner = session.user?.id;
  if (!owner) return;
  let answer;
  try {
    answer = await call('GET', '/api/v1/quota');
  } catch (error) {
    // The numbers are a comfort; what really counts is told when a request is refused.
    refreshQuota(Math.max(15, error.retryAfter ?? 0) * 1000);
    return;
  }
  if (session.user?.id !== owner) return;
  quota.tier = answer.tier;
  show(answer);
  quota.dispatchEvent(new Event('change'));
  again(answer);
}

/** Looks again when the first used-up window opens; an idle page asks for nothing. */
function again({ windows, audio_seconds: audio }) {
  const closed = [...windows, audio].filter((window) => window && window.remaining <= 0).map((window) => Date.parse(window.resets_at));
  if (closed.length === 0) return;
  const pause = Math.min(...closed) - Date.now();
  if (Number.isFinite(pause) && pause < 86400000) refreshQuota(Math.max(2000, pause + 500));
}

function show({ windows, audio_seconds: audio }) {
  const rows = windows.map((window) => row(NAMES[window.name] ?? window.name, window, count, 'pieces'));
  if (audio) rows.push(row('Sound today', audio, length, 'of sound'));
  setText(byId('quota-tier'), quota.tier ?? '');
  byId('quota-body').replaceChildren(h('ul', { class: 'meters' }, rows));
}

function row(name, { limit, used, remaining, resets_at: resets }, read_, what) {
  const spent = used > 0;
  const short = limit > 0 && remaining / limit <= 0.1;
  const state = remaining <= 0 ? 'none left' : `${read_(remaining)} of ${read_(limit)} left`;
  // A minute's window moves on before anyone has read a time of day.
  const later = Date.parse(resets) - Date.now() < 90000 ? 'more within a minute' : `more at ${moment(resets)}`;
  return h('li', { class: short ? 'meter short' : 'meter' },
    h('span', { class: 'meter-name' }, name),
    h('span', { class: 'meter-state' }, state),
    h('progress', { max: limit || 1, value: Math.max(0, remaining), 'aria-label': `${name}: ${what} left` }),
    spent && resets ? h('span', { class: 'meter-reset' }, later) : null);
}

export function forgetQuota() {
  clearTimeout(timer);
  quota.tier = null;
  setText(byId('quota-tier'), '');
  byId('quota-body').replaceChildren(h('p', { class: 'hint' }, 'Loading'));
}

store.addEventListener('change', ({ detail: { task, before } }) => {
  // A start and an end move the numbers; the steps between them don't.
  if (before ? isUnfinished(before) && !isUnfinished(task) : isUnfinished(task)) refreshQuota();
});
store.addEventListener('remove', () => refreshQuota());
