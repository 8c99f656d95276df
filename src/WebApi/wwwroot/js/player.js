// The one <audio> of the page. A piece is `current` from the first play or seek on; its position is kept till another is.

import { byId } from './dom.js';
import { recover } from './session.js';
import { pathOf } from './store.js';

const audio = byId('audio');

/** Fires `change` (play, pause, another piece), `time` and `error` {detail: {id}}. */
export const player = Object.assign(new EventTarget(), { id: null, duration: 0, title: '' });

let wanted = null;
let rescued = false;
let frame;

export const isPlaying = (id) => player.id === id && !audio.paused;

/** Where the piece stands, in seconds. */
export const positionOf = (id) => (player.id === id ? wanted ?? audio.currentTime : 0);

function select(task) {
  if (player.id === task.task_id) return;
  audio.pause();
  player.id = task.task_id;
  player.duration = task.duration;
  player.title = task.prompt;
  wanted = null;
  rescued = false;
  audio.src = `${pathOf(task.task_id)}/audio?format=wav`;
  describe();
}

/** Plays or pauses a piece. */
export async function toggle(task) {
  select(task);
  if (audio.paused) await start();
  else audio.pause();
}

async function start() {
  if (player.duration && positionOf(player.id) >= player.duration - 0.05) wanted = 0;
  jump();
  try {
    await audio.play();
  } catch (error) {
    // AbortError: paused before it began. Anything else also comes as the element's own error event.
    if (error.name === 'NotAllowedError') player.dispatchEvent(new Event('change'));
  }
}

/** Moves to a position in seconds; `play` also starts it. */
export function seek(task, seconds, { play = false } = {}) {
  select(task);
  wanted = Math.min(Math.max(0, seconds), player.duration);
  if (audio.readyState === 0 && !play) audio.load();
  jump();
  if (play && audio.paused) start();
  player.dispatchEvent(new Event('time'));
}

/** A position asked for before the file's head is there waits until it is. */
function jump() {
  if (wanted === null || audio.readyState === 0) return;
  audio.currentTime = wanted;
  wanted = null;
}

/** Stops and forgets the piece: it was deleted, or somebody signed out. */
export function stop(id = player.id) {
  if (id === null || id !== player.id) return;
  player.id = null;
  audio.pause();
  audio.removeAttribute('src');
  audio.load();
  describe();
  player.dispatchEvent(new Event('change'));
}

export const pause = () => audio.pause();

/** Plays or pauses the piece that was heard last; false where there is none. */
export function toggleCurrent() {
  if (player.id === null) return false;
  if (audio.paused) start();
  else audio.pause();
  return true;
}

audio.addEventListener('loadedmetadata', jump);
for (const name of ['play', 'pause', 'ended', 'waiting', 'playing', 'emptied']) {
  audio.addEventListener(name, () => player.dispatchEvent(new Event('change')));
}
audio.addEventListener('seeked', () => player.dispatchEvent(new Event('time')));
audio.addEventListener('timeupdate', () => player.dispatchEvent(new Event('time')));
audio.addEventListener('playing', () => {
  cancelAnimationFrame(frame);
  // `timeupdate` comes four times a second: too coarse for a cursor that glides.
  const glide = () => {
    if (audio.paused) return;
    player.dispatchEvent(new Event('time'));
    frame = requestAnimationFrame(glide);
  };
  glide();
});

audio.addEventListener('error', async () => {
  const { id } = player;
  if (id === null || !audio.getAttribute('src')) return;
  // The element sends cookies but can't refresh them: renew the session, then go on where it stopped, once.
  if (!rescued) {
    rescued = true;
    wanted = positionOf(id);
    try {
      if (await recover() && player.id === id) {
        audio.load();
        await audio.play();
        return;
      }
    } catch {
      // Told below.
    }
  }
  if (player.id === id) {
    stop();
    player.dispatchEvent(new CustomEvent('error', { detail: { id } }));
  }
});

/** Headphone keys and lock screens show and steer the piece too. */
function describe() {
  if (!('mediaSession' in navigator)) return;
  navigator.mediaSession.metadata = player.id ? new MediaMetadata({ title: player.title, artist: 'MusicGen' }) : null;
}

navigator.mediaSession?.setActionHandler('play', () => { if (player.id) start(); });
navigator.mediaSession?.setActionHandler('pause', () => audio.pause());
