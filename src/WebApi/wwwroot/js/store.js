// The tasks that this tab knows, newest first, and how they change. Changes made here are told to the other tabs.

import { hear, tell } from './bus.js';
import { call, session } from './session.js';

const PAGE = 12;
const tasks = new Map();
const gone = new Set();

/** Fires `change` {detail: {task, before}}, `remove` {detail: {id}} and `reset`. */
export const store = Object.assign(new EventTarget(), { cursor: null, loaded: false });

export const isUnfinished = (task) => task.status === 'pending' || task.status === 'processing';
export const pathOf = (id) => `/api/v1/generate/${encodeURIComponent(id)}`;
export const find = (id) => tasks.get(id);

const order = (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || (a.task_id < b.task_id ? 1 : -1);

/** All known tasks, newest first. */
export const all = () => [...tasks.values()].sort(order);

/** Those still being made, oldest first. */
export const unfinished = () => all().filter(isUnfinished).reverse();

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Takes in what the server says of a task. */
export function put(task, { quiet = false } = {}) {
  // A late answer must neither bring back a deleted task nor un-finish a finished one.
  if (gone.has(task.task_id)) return;
  const before = tasks.get(task.task_id);
  if (before && !isUnfinished(before) && isUnfinished(task)) return;
  tasks.set(task.task_id, task);
  store.dispatchEvent(new CustomEvent('change', { detail: { task, before } }));
  if (!quiet) tell('task', { user: session.user?.id, task });
}

/** Takes in the steps of a running task. */
export function advance(id, progress) {
  const task = tasks.get(id);
  if (!task || !isUnfinished(task)) return;
  const status = progress.position_in_queue > 0 ? 'pending' : 'processing';
  put({ ...task, ...progress, status });
}

export function remove(id, { quiet = false } = {}) {
  gone.add(id);
  if (!tasks.delete(id)) return;
  store.dispatchEvent(new CustomEvent('remove', { detail: { id } }));
  if (!quiet) tell('task-removed', { user: session.user?.id, id });
}

/** Forgets everything: somebody signed out. */
export function reset() {
  tasks.clear();
  gone.clear();
  store.cursor = null;
  store.loaded = false;
  store.dispatchEvent(new Event('reset'));
}

/** Reads the newest tasks, or with `more` the page after those read so far; `aloud` tells the other tabs of them. */
export async function load({ more = false, aloud = false } = {}) {
  const owner = session.user?.id;
  const query = new URLSearchParams({ limit: PAGE });
  if (more && store.cursor) query.set('cursor', store.cursor);
  const page = await call('GET', `/api/v1/generate?${query}`);
  if (session.user?.id !== owner) return;
  if (more || !store.loaded) store.cursor = page.next_cursor ?? null;
  store.loaded = true;
  for (const task of page.items) put(task, { quiet: !aloud || same(task, tasks.get(task.task_id)) });
  // Those still being made but further down than one page have to be asked for one by one.
  const listed = new Set(page.items.map((task) => task.task_id));
  if (!more) for (const task of unfinished()) if (!listed.has(task.task_id)) await refreshOne(task.task_id);
}

/** Reads one task again; one that is gone goes from the list. */
export async function refreshOne(id) {
  try {
    put(await call('GET', pathOf(id)));
  } catch (error) {
    if (error.status !== 404) throw error;
    remove(id);
  }
}

export async function cancel(id) {
  put(await call('POST', `${pathOf(id)}/cancel`));
}

export async function destroy(id) {
  try {
    await call('DELETE', pathOf(id));
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  remove(id);
}

hear('task', ({ user, task }) => { if (user === session.user?.id && store.loaded) put(task, { quiet: true }); });
hear('task-removed', ({ user, id }) => { if (user === session.user?.id) remove(id, { quiet: true }); });
