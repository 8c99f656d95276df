// Plays a piece while it is made. Not by <audio>, which in Chromium wants a quarter of a megabyte before its first sound:
// the stream's samples go to the loudspeaker as they come, and what was heard is drawn.

import { ApiError } from './api.js';
import { isPlaying, pause as pausePlayer, player, seek } from './player.js';
import { call } from './session.js';
import { isUnfinished, pathOf, store } from './store.js';

const HEADER = 44;
const POINTS = 400;
// So much is gathered before the first sound, and after a pause that the engine made: else each part would be a stutter.
const FIRST_STOCK = 0.25;
const STOCK = 1;
// What is scheduled can't be taken back; the rest waits here, at half the size.
const AHEAD = 3;
// So often, and with such growing pauses in ms, a stream that broke off is asked for again.
const GIVE_UP = 5;
const PAUSE = 500;

/** Fires `change` (begins, pauses, waits for more, ends), `time` and `error` {detail: {id, error}}. `seconds` is the whole, `made` what came of it, `peaks` the outline so far. */
export const live = Object.assign(new EventTarget(), { id: null, seconds: 0, made: 0, peaks: [], waits: true });

let context = null;
let leave = null;
let wished = null;
let timer;

// The file as it comes: its form, whole samples that wait for their turn, the rest of a sample, and whether all is here.
let form = null;
let queue = [];
let rest = new Uint8Array(0);
let whole = false;
let stock = FIRST_STOCK;
let next = 0;
let scheduled = 0;
let taken = 0;

const tell = (name, detail) => live.dispatchEvent(new CustomEvent(name, { detail }));

/** Whether a task can be listened to now. Before its first step the server would wait, and with it the session's lock. */
export const isHeard = (task) => task.parameters?.normalize === 'none' && task.status === 'processing' && task.steps_total > 0;

export const isLive = (id) => live.id === id && context?.state !== 'suspended';

/** What has been heard, in seconds. */
export const heard = () => (context ? Math.max(0, scheduled - Math.max(0, next - context.currentTime)) : 0);

/** Plays a task as soon as there is something of it to hear. */
export function wish(id) {
  wished = id;
}

/** Plays, pauses or goes on with a task that is being made. */
export async function toggleLive(id) {
  if (live.id !== id) return listen(id);
  if (!context) return stopLive(id); // it hasn't begun yet
  if (context.state === 'suspended') {
    pausePlayer();
    await context.resume();
  } else {
    await context.suspend();
  }
  tell('change');
  return undefined;
}

/** Stops listening. */
export function stopLive(id = live.id) {
  if (id === null || id !== live.id) return;
  leave.abort();
  clearInterval(timer);
  context?.close();
  context = null;
  live.id = null;
  tell('change', { id });
}

async function listen(id) {
  stopLive();
  pausePlayer();
  leave = new AbortController();
  const mine = leave;
  Object.assign(live, { id, seconds: 0, made: 0, peaks: Array.from({ length: POINTS }, () => [0, 0]), waits: true });
  [form, queue, rest, whole, stock, next, scheduled, taken] = [null, [], new Uint8Array(0), false, FIRST_STOCK, 0, 0, 0];
  tell('change');
  try {
    for (let breaks = 0; !whole; ) {
      const before = taken;
      try {
        await receive(id, mine);
      } catch (error) {
        if (leave !== mine || mine.signal.aborted) return;
        // A server that stops breaks the stream off; another one has the same bytes.
        breaks = taken > before ? 1 : breaks + 1;
        if (breaks > GIVE_UP || error instanceof ApiError && error.status !== 0 && error.status !== 503) throw error;
        await new Promise((resolve) => { setTimeout(resolve, PAUSE * breaks); });
      }
      if (leave !== mine || mine.signal.aborted) return;
    }
    play();
    // Shorter than nothing: a file that ends before its first sample.
    if (scheduled === 0) stopLive();
  } catch (error) {
    if (leave !== mine || mine.signal.aborted) return;
    stopLive();
    tell('error', { id, error });
  }
}

/** Takes in the stream to its end, but for what an earlier one brought. */
async function receive(id, mine) {
  const answer = await call('GET', `${pathOf(id)}/stream`, { headers: { Accept: '*/*' }, signal: mine.signal, stream: true });
  let known = taken;
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (leave !== mine || mine.signal.aborted) return;
    if (done) break;
    const fresh = value.subarray(Math.min(known, value.length));
    known -= value.length - fresh.length;
    taken += fresh.length;
    if (fresh.length > 0) take(fresh);
  }
  whole = true;
}

/** Takes in some bytes of the file, which may end in the middle of a sample. */
function take(bytes) {
  const joined = new Uint8Array(rest.length + bytes.length);
  joined.set(rest);
  joined.set(bytes, rest.length);
  let at = 0;
  if (!form) {
    if (joined.length < HEADER) {
      rest = joined;
      return;
    }
    begin(new DataView(joined.buffer));
    at = HEADER;
  }
  const frames = Math.floor((joined.length - at) / (2 * form.channels));
  const samples = new Int16Array(joined.slice(at, at + frames * 2 * form.channels).buffer); // little-endian, as our machines are
  rest = joined.slice(at + samples.byteLength);
  if (frames === 0) return;
  outline(samples);
  queue.push(samples);
  live.made += frames / form.rate;
  play();
}

function begin(head) {
  form = { channels: head.getUint16(22, true), rate: head.getUint32(24, true) };
  live.seconds = head.getUint32(40, true) / (2 * form.channels * form.rate);
  // At the sound's own rate: parts that are resampled one by one click where they meet.
  context = new AudioContext({ sampleRate: form.rate });
  context.addEventListener('statechange', () => tell('change'));
  timer = setInterval(() => { if (context?.state === 'running') tell('time'); }, 100);
}

function outline(samples) {
  const perPoint = Math.max(1, (live.seconds * form.rate * form.channels) / POINTS);
  const from = Math.round(live.made * form.rate * form.channels);
  samples.forEach((sample, index) => {
    const point = live.peaks[Math.min(POINTS - 1, Math.floor((from + index) / perPoint))];
    const value = sample / 32768;
    if (value < point[0]) point[0] = value;
    if (value > point[1]) point[1] = value;
  });
}

/** Schedules what waits, once there is enough of it. */
function play() {
  if (!context) return;
  const ahead = next - context.currentTime;
  if (ahead <= 0) {
    const waiting = queue.reduce((sum, samples) => sum + samples.length, 0) / form.channels / form.rate;
    if (waiting < stock && !whole) {
      if (scheduled > 0) stock = STOCK;
      rests(true);
      return;
    }
    next = context.currentTime + 0.02;
  }
  while (queue.length > 0 && next - context.currentTime < AHEAD) schedule(queue.shift());
  rests(false);
  tell('time');
}

function schedule(samples) {
  const frames = samples.length / form.channels;
  const buffer = context.createBuffer(form.channels, frames, form.rate);
  for (let channel = 0; channel < form.channels; channel++) {
    const data = buffer.getChannelData(channel);
    for (let i = 0; i < frames; i++) data[i] = samples[i * form.channels + channel] / 32768;
  }
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start(next);
  next += frames / form.rate;
  scheduled += frames / form.rate;
  const mine = context;
  source.addEventListener('ended', () => {
    if (context !== mine) return;
    if (whole && queue.length === 0 && next <= context.currentTime + 0.05) stopLive();
    else play();
  });
}

function rests(on) {
  if (live.waits === on) return;
  live.waits = on;
  tell('change');
}

// The file takes over where the ear is: it can be moved in, and lock screens steer it.
store.addEventListener('change', ({ detail: { task } }) => {
  const done = task.status === 'completed';
  if (task.task_id === live.id && task.status !== 'processing') {
    const at = { seconds: heard(), play: isLive(task.task_id) };
    stopLive();
    if (done) seek(task, at.seconds, { play: at.play });
  } else if (task.task_id === wished && (isHeard(task) || !isUnfinished(task))) {
    wished = null;
    if (done) seek(task, 0, { play: true });
    else if (isHeard(task)) listen(task.task_id);
  }
});
store.addEventListener('remove', ({ detail: { id } }) => stopLive(id));
store.addEventListener('reset', () => {
  wished = null;
  stopLive();
});
// Another piece that is played silences this one.
player.addEventListener('change', () => {
  if (context?.state === 'running' && player.id !== null && isPlaying(player.id)) context.suspend();
});
