// Live progress: one event stream per browser. The tab that holds the lock follows the oldest unfinished task and
// tells the others; further unfinished tasks are read from the list now and then.

import { recover, session } from './session.js';
import { advance, load, pathOf, put, refreshOne, store, unfinished } from './store.js';

const LOCK = 'musicgen-stream';
const POLL = 5000;
const GIVE_UP = 5;
const REST = 60000;

let owns = false;
let source = null;
let followed = null;
let failures = 0;
let retry;
let poll;

/** Waits, as long as the tab lives, for its turn to be the one that listens. */
export function startStream() {
  const hold = () => new Promise(() => {
    owns = true;
    follow();
    pace();
  });
  if (navigator.locks) navigator.locks.request(LOCK, hold).catch(() => {});
  else hold();
  store.addEventListener('change', follow);
  store.addEventListener('remove', follow);
  store.addEventListener('reset', close);
}

function follow() {
  if (!owns || !session.user) return;
  pace();
  const oldest = unfinished()[0]?.task_id ?? null;
  if (oldest === followed) return;
  close();
  followed = oldest;
  failures = 0;
  if (followed) connect();
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
  followed = null;
}

function connect() {
  const id = followed;
  const opened = new EventSource(`${pathOf(id)}/events`);
  source = opened;
  // A stream that was replaced may still have an event on its way.
  const on = (name, work) => opened.addEventListener(name, (event) => {
    if (source === opened) work(event);
  });
  on('progress', (event) => {
    failures = 0;
    advance(id, JSON.parse(event.data));
  });
  for (const name of ['completed', 'failed', 'cancelled']) {
    on(name, (event) => {
      close();
      const task = JSON.parse(event.data);
      if (task.task_id) put(task);
      // A seed beyond what a number holds is exact only through our own parser; the plain read gets it right.
      if (!task.task_id || !Number.isSafeInteger(task.seed)) refreshOne(id).catch(() => {});
      follow();
    });
  }
  on('error', () => {
    // While CONNECTING the browser tries by itself, with Last-Event-ID; a refusal such as 401 has ended it for good.
    if (opened.readyState === EventSource.CLOSED) reopen(id);
    else if (++failures > GIVE_UP) reopen(id);
  });
}

async function reopen(id) {
  source?.close();
  source = null;
  failures++;
  try {
    await recover();
    if (session.user && followed === id) await refreshOne(id);
  } catch {
    // No answer just now; the timer below tries again.
  }
  if (followed !== id || !session.user) return;
  const pause = failures > GIVE_UP ? REST : 1000 * 2 ** (failures - 1);
  clearTimeout(retry);
  retry = setTimeout(() => {
    if (followed === id && !source) connect();
  }, pause);
  pace();
}

/** Reads the list while there is something that no stream tells of. */
function pace() {
  if (poll || !owns) return;
  poll = setTimeout(async () => {
    poll = undefined;
    const blind = source === null || source.readyState !== EventSource.OPEN;
    const waiting = unfinished().length;
    if (!session.user || waiting === 0) return;
    if (waiting > 1 || blind) {
      try {
        // What the list says concerns the other tabs too, which don't ask themselves.
        await load({ aloud: true });
      } catch {
        // The page's own notice speaks of lost connections; asking again is all that is needed here.
      }
    }
    pace();
  }, POLL);
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && session.user && unfinished().length > 0) load().catch(() => {});
});
