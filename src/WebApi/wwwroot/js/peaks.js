// The outline of each finished piece: read once, three at a time, kept while signed in.

import { call, session } from './session.js';
import { pathOf } from './store.js';

const POINTS = 400;
const AT_ONCE = 3;

const known = new Map();
const queue = [];
let running = 0;

/** The outline of a task: {peaks: [[min, max]…] within -1…1, seconds}. */
export function peaksOf(id) {
  if (!known.has(id)) {
    const outline = new Promise((resolve, reject) => queue.push({ id, resolve, reject }));
    // A failure isn't kept, so that the next look tries again.
    outline.catch(() => known.delete(id));
    known.set(id, outline);
    next();
  }
  return known.get(id);
}

export function forgetPeaks() {
  known.clear();
  queue.length = 0;
}

async function next() {
  if (running >= AT_ONCE || queue.length === 0) return;
  running++;
  const { id, resolve, reject } = queue.shift();
  try {
    resolve(await call('GET', `${pathOf(id)}/peaks?points=${POINTS}`));
  } catch (error) {
    reject(error);
  }
  running--;
  next();
}

session.addEventListener('change', () => { if (!session.user) forgetPeaks(); });
