// The form that asks for music: sentence, choices, and one request that can't make two pieces.

import { ApiError } from './api.js';
import { announce, byId, h, prefersReducedMotion, setText } from './dom.js';
import { wish } from './live.js';
import { clearMarks, clearNotice, markField, showError } from './notice.js';
import { quota, refreshQuota } from './quota.js';
import { call, session } from './session.js';
import { put } from './store.js';
import { GENRES, KEYS, MOODS, SUGGESTIONS } from './words.js';

const LONGEST = { free: 60, premium: 120, pro: 120, enterprise: 300 };
const CHOICES = ['genre', 'mood', 'tempo', 'key'];
const MAX_PROMPT = 1000;
const MAX_SEED = 2n ** 63n - 1n;
const SHOWN = 4;
const SOURCES = { continue_from: 'Goes on from', melody_from: 'Follows the tune of' };

const form = byId('compose');
const field = (name) => form.elements.namedItem(name);
const box = byId('compose-error');

let models = [];
let shownFrom = 0;
let unsettled = null;
let draft = null;
let sending = false;
let source = null; // a finished piece, and what it lends: { kind, task }

export function startCompose() {
  fill(field('genre'), GENRES);
  fill(field('mood'), MOODS);
  fill(field('key'), KEYS);
  suggest();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    generate();
  });
  field('prompt').addEventListener('input', countPrompt);
  field('prompt').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) form.requestSubmit();
  });
  byId('duration-range').addEventListener('input', () => { field('duration').value = byId('duration-range').value; });
  field('duration').addEventListener('input', () => { byId('duration-range').value = field('duration').value; });
  field('model').addEventListener('change', applyModel);
  quota.addEventListener('change', applyModel);
  byId('source-off').addEventListener('click', () => { dropSource(); focusPrompt(); });
}

/** Reads what the models can do; till then, and without an answer, everything is offered. */
export async function openCompose() {
  if (draft?.user === session.user?.id && draft) field('prompt').value = draft.prompt;
  draft = null;
  countPrompt();
  applyModel();
  try {
    const answer = await call('GET', '/api/v1/models');
    models = Array.isArray(answer) ? answer : answer.items ?? answer.models ?? [];
  } catch {
    models = []; // A refused field is named by the server, so nothing is lost but the hint.
  }
  const options = models.map((model) => h('option', { value: model.id }, model.neural ? model.id : `${model.id} (composer, not neural)`));
  field('model').replaceChildren(h('option', { value: '' }, models[0] ? `Default (${models[0].id})` : 'Default'), ...options);
  byId('model-field').hidden = models.length < 2;
  for (const kind of Object.keys(SOURCES)) document.body.classList.toggle(`has-${kind}`, lends(kind));
  applyModel();
}

/** Empties the form; `keep` remembers an unfinished sentence for the same person. */
export function leaveCompose(user, keep) {
  draft = keep && field('prompt').value ? { user, prompt: field('prompt').value } : null;
  form.reset();
  dropSource();
  unsettled = null;
  models = [];
  clearMarks(form);
  clearNotice(box);
  countPrompt();
}

export const focusPrompt = () => field('prompt').focus();

/** Takes over a piece's seed. */
export function useSeed(task) {
  field('seed').value = String(task.seed);
  show(field('seed'));
  announce(`Seed ${task.seed} is set. With the same words and choices it gives the same music.`);
}

/** Takes over a piece's words and choices; the seed stays open, so that the next one differs. */
export function reuse(task) {
  const chosen = task.parameters ?? {};
  field('prompt').value = task.prompt;
  for (const name of CHOICES) field(name).value = chosen[name] ?? '';
  field('seed').value = '';
  field('live').checked = chosen.normalize === 'none';
  setDuration(chosen.duration ?? task.duration ?? 10);
  countPrompt();
  applyModel();
  show(field('prompt'));
}

/** Whether a model here can go on from a piece (continue_from), or follow its tune (melody_from). */
export const lends = (kind) => models.some((one) => one.supports?.includes(kind));

/** Takes a finished piece as the beginning, or as the tune, of the next. */
export function useSource(kind, task) {
  source = { kind, task };
  field('prompt').value = task.prompt;
  // Rules compose from scores, which a network's pieces don't have.
  const fits = (one) => one.supports?.includes(kind) && (one.neural || !task.neural);
  const chosen = models.find((one) => one.id === field('model').value) ?? models[0];
  const other = chosen && fits(chosen) ? null : models.find(fits);
  if (other) field('model').value = other.id;
  if (kind === 'continue_from') setDuration(Math.ceil(task.duration) + 10);
  setText(byId('source-text'), `${SOURCES[kind]} “${task.prompt.length > 60 ? `${task.prompt.slice(0, 60)}…` : task.prompt}”`);
  byId('source').hidden = false;
  countPrompt();
  applyModel();
  announce(kind === 'continue_from' ? 'The next piece goes on from this one. Its length is the whole.' : 'The next piece follows the tune of this one.');
  show(field('prompt'));
}

function dropSource() {
  source = null;
  byId('source').hidden = true;
}

function show(control) {
  control.focus({ preventScroll: true });
  control.closest('.field').scrollIntoView({ block: 'center', behavior: prefersReducedMotion() ? 'auto' : 'smooth' });
}

function fill(select, names) {
  for (const name of names) select.append(h('option', { value: name }, name[0].toUpperCase() + name.slice(1)));
}

function suggest() {
  const shown = Array.from({ length: SHOWN }, (_, index) => SUGGESTIONS[(shownFrom + index) % SUGGESTIONS.length]);
  byId('chips').replaceChildren(
    ...shown.map(([name, sentence]) => h('button', {
      class: 'chip', type: 'button', title: sentence,
      on: { click: () => { field('prompt').value = sentence; countPrompt(); focusPrompt(); } },
    }, name)),
    h('button', {
      class: 'chip other', type: 'button', id: 'other-chips',
      on: { click: () => { shownFrom += SHOWN; suggest(); byId('other-chips').focus(); } },
    }, 'Other ideas'));
}

function countPrompt() {
  const used = [...field('prompt').value.trim()].length;
  setText(byId('prompt-count'), `${used} / ${MAX_PROMPT}`);
  byId('prompt-count').classList.toggle('over', used > MAX_PROMPT);
}

const model = () => models.find((one) => one.id === field('model').value) ?? models[0];
const supported = (name) => !model()?.supports || model().supports.includes(name);

/** Hides what the chosen model can't follow, says so, and sets the longest length. */
function applyModel() {
  const missing = CHOICES.filter((name) => !supported(name));
  for (const name of CHOICES) form.querySelector(`[data-field=${name}]`).hidden = missing.includes(name);
  form.querySelector('[data-field=live]').hidden = !supported('normalize');
  byId('unsupported').hidden = missing.length === 0;
  const listed = new Intl.ListFormat('en', { type: 'disjunction' }).format(missing);
  setText(byId('unsupported'), missing.length > 0 ? `${model().id} takes no separate ${listed}. Say it in the sentence.` : '');
  const longest = maxDuration();
  field('duration').max = longest;
  byId('duration-range').max = longest;
  setText(byId('duration-max'), `up to ${longest}`);
}

function maxDuration() {
  const tier = LONGEST[quota.tier ?? session.user?.tier] ?? LONGEST.free;
  return Math.min(tier, model()?.max_seconds ?? tier);
}

function setDuration(seconds) {
  const value = Math.min(seconds, maxDuration());
  field('duration').value = value;
  byId('duration-range').value = value;
}

/** The request as JSON text, or null after marking what isn't right. Only what was set goes in. */
function compose() {
  clearMarks(form);
  const wrong = [];
  const refuse = (name, sentence) => {
    markField(field(name), sentence);
    wrong.push(field(name));
  };
  const prompt = field('prompt').value.trim();
  if (prompt === '') refuse('prompt', 'Write a sentence first: what would you like to hear?');
  if ([...prompt].length > MAX_PROMPT) refuse('prompt', `That is ${[...prompt].length} characters; ${MAX_PROMPT} is the most.`);
  const body = { prompt };

  const duration = field('duration').valueAsNumber;
  const longest = maxDuration();
  if (!(duration >= 1 && duration <= longest)) refuse('duration', `Between 1 and ${longest} seconds, please.`);
  body.duration = Math.round(duration * 1000) / 1000;
  if (field('model').value) body.model = field('model').value;
  for (const name of ['genre', 'mood', 'key']) if (supported(name) && field(name).value) body[name] = field(name).value;
  const tempo = field('tempo');
  if (supported('tempo') && (tempo.value || tempo.validity.badInput)) {
    if (!(tempo.valueAsNumber >= 40 && tempo.valueAsNumber <= 240)) refuse('tempo', 'Between 40 and 240, or empty.');
    body.tempo = tempo.valueAsNumber;
  }
  if (source) {
    if (!supported(source.kind)) refuse('model', `${model().id} can’t do that. Choose another model, or take the piece away.`);
    if (source.kind === 'continue_from' && duration <= source.task.duration) refuse('duration', `The piece has ${Math.ceil(source.task.duration)} seconds already; the length is the whole.`);
    body[source.kind] = source.task.task_id;
  }
  if (supported('normalize') && field('live').checked) body.normalize = 'none';
  let json = JSON.stringify(body);
  const seed = field('seed').value.trim();
  if (seed !== '') {
    if (!/^\d+$/.test(seed) || BigInt(seed) > MAX_SEED) refuse('seed', 'A whole number from 0 to 9223372036854775807, or empty.');
    // As digits, not as a JavaScript number, which would round the large ones.
    else json = `${json.slice(0, -1)},"seed":${BigInt(seed)}}`;
  }
  wrong[0]?.focus();
  return wrong.length > 0 ? null : json;
}

async function generate() {
  if (sending) return;
  const json = compose();
  if (json === null) return;
  clearNotice(box);
  busy(true);
  // As long as nobody knows whether the last request arrived, the same words go out under the same key.
  if (unsettled?.json !== json) unsettled = { json, key: crypto.randomUUID() };
  try {
    const task = await post(unsettled);
    unsettled = null;
    if (task.parameters?.normalize === 'none') wish(task.task_id);
    put(task);
    dropSource();
    announce('Started. The piece is at the top of your music.');
    reveal(task.task_id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!error.isUnsettled) unsettled = null;
    if (session.user) showError(box, error, (name) => field(name));
    if (error.status === 429) refreshQuota();
  } finally {
    busy(false);
  }
}

async function post({ json, key }) {
  const once = () => call('POST', '/api/v1/generate', { body: json, headers: { 'Idempotency-Key': key } });
  try {
    return await once();
  } catch (error) {
    if (error.status !== 0) throw error;
    // A lost connection is often a short one.
    await new Promise((resolve) => { setTimeout(resolve, 1200); });
    return once();
  }
}

function busy(on) {
  sending = on;
  byId('generate').setAttribute('aria-disabled', String(on));
  setText(byId('generate').querySelector('span'), on ? 'Sending' : 'Generate');
}

/** On a phone the list is below the form: show that something happens. */
function reveal(id) {
  document.querySelector(`[data-task-id="${CSS.escape(id)}"]`)
    ?.scrollIntoView({ block: 'nearest', behavior: prefersReducedMotion() ? 'auto' : 'smooth' });
}
