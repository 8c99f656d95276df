// A piece's outline on a canvas, with a cursor; also the slider that moves it.

import { h } from './dom.js';
import { clockTime, spokenTime } from './format.js';
import { player, positionOf, seek } from './player.js';

const BAR = 2;
const GAP = 1;
const STEP = 5;

/** Draws `[[min, max]…]` as upright bars, those before `played` (0-1) in the stronger colour. */
export function draw(canvas, peaks, played, hover = null) {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (width === 0) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const style = getComputedStyle(canvas);
  const [ahead, behind, cursor] = ['--wave', '--wave-on', '--cursor'].map((name) => style.getPropertyValue(name).trim());
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const bars = Math.floor(width / (BAR + GAP));
  const loudest = Math.max(0.05, ...peaks.map(([low, high]) => Math.max(-low, high)));
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor((bar / bars) * peaks.length);
    const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * peaks.length));
    let reach = 0;
    for (const [low, high] of peaks.slice(from, to)) reach = Math.max(reach, -low, high);
    const tall = Math.max(2, (reach / loudest) * (height - 4));
    context.fillStyle = (bar + 0.5) / bars <= played ? behind : ahead;
    context.fillRect(bar * (BAR + GAP), (height - tall) / 2, BAR, tall);
  }
  const line = (at, alpha) => {
    context.globalAlpha = alpha;
    context.fillStyle = cursor;
    context.fillRect(Math.min(width - 2, Math.max(0, at * width - 1)), 0, 2, height);
    context.globalAlpha = 1;
  };
  if (played > 0) line(played, 1);
  if (hover !== null) line(hover, 0.5);
}

/** The slider over a finished task's outline. `element` goes into the page; call `dispose` when it leaves. */
export function createWaveform(task) {
  let peaks = [];
  let hover = null;
  let dragging = false;
  let said = -1;

  const canvas = h('canvas', { 'aria-hidden': 'true' });
  const element = h('div', {
    class: 'wave', role: 'slider', tabindex: 0, test: 'seek', 'aria-label': 'Position in the piece',
    'aria-valuemin': 0, 'aria-valuemax': Math.round(task.duration), 'aria-orientation': 'horizontal',
  }, canvas);

  const update = () => {
    const at = positionOf(task.task_id);
    draw(canvas, peaks, task.duration ? at / task.duration : 0, hover);
    // Whole seconds only: a slider that talks with every frame can't be listened to.
    const second = Math.floor(at + 0.0005);
    if (second === said) return;
    said = second;
    element.setAttribute('aria-valuenow', String(second));
    element.setAttribute('aria-valuetext', `${spokenTime(at)} of ${spokenTime(task.duration)}`);
    element.dataset.position = clockTime(at);
  };

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    dragging = true;
    element.setPointerCapture(event.pointerId);
    // Touching a piece that is silent plays it from there, as on other players; dragging one that plays only moves it.
    seek(task, place(event) * task.duration, { play: player.id !== task.task_id });
  });
  element.addEventListener('pointermove', (event) => {
    if (dragging) seek(task, place(event) * task.duration);
    hover = event.pointerType === 'mouse' ? place(event) : null;
    update();
  });
  for (const name of ['pointerup', 'pointercancel']) element.addEventListener(name, () => { dragging = false; });
  element.addEventListener('pointerleave', () => {
    hover = null;
    update();
  });
  element.addEventListener('keydown', (event) => {
    const at = positionOf(task.task_id);
    const to = {
      ArrowRight: at + STEP, ArrowUp: at + STEP, ArrowLeft: at - STEP, ArrowDown: at - STEP,
      PageUp: at + task.duration / 10, PageDown: at - task.duration / 10, Home: 0, End: task.duration,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    seek(task, to);
  });

  const sizes = new ResizeObserver(update);
  sizes.observe(canvas);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', update);
  update();
  return {
    element,
    update,
    setPeaks(outline) {
      peaks = outline;
      element.classList.add('ready');
      update();
    },
    dispose() {
      sizes.disconnect();
      scheme.removeEventListener('change', update);
    },
  };
}
