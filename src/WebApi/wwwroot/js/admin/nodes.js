// A card for each node: what it is, what is in its memory, and what it may be told.

import { h, setText } from '../dom.js';
import { actionButton } from '../forms.js';
import { ago, size, wait } from '../format.js';
import { ask } from '../modal.js';
import { keyed } from './keyed.js';

const ROLES = { all: 'page and music', api: 'page only', worker: 'music only' };

/** @param {(path: string, said: string, body?: object) => Promise<void>} act sends an order and looks again */
export function createNodes(list, { act, box }) {
  return keyed(list, { key: (node) => node.name, none: 'No node is known.', make: (first) => nodeCard(first, { act, box }) });
}

function nodeCard(first, { act, box }) {
  let node = first;
  const path = `nodes/${encodeURIComponent(node.name)}`;
  const standing = h('span', { class: 'tier', test: 'node-standing' });
  const facts = h('p');
  const load = h('p');
  const problems = h('ul', { class: 'node-problems', test: 'node-problems', hidden: true });
  const devices = h('ul', { class: 'devices' });
  const models = h('ul', { class: 'models' });
  const drain = actionButton({ text: 'Drain', test: 'node-drain', kind: 'quiet', box }, async () => {
    if (node.drain_ordered) return act(`${path}/resume`, `${node.name} takes tasks again.`);
    const sure = await ask({
      title: `Drain ${node.name}?`, yes: 'Drain', kind: 'primary',
      text: ['It finishes what it works on and takes no new task, also after a restart, until it is resumed.', 'Where no other node has its models, their tasks wait.'],
    });
    return sure ? act(`${path}/drain`, `${node.name} takes no new tasks.`) : undefined;
  });
  const showDevices = keyed(devices, { key: (device) => device.name, none: 'No device computes here.', make: deviceRow });
  const showModels = keyed(models, { key: (model) => model.id, none: 'No model.', make: (model) => modelRow(model, { act, box, path, name: node.name }) });
  const element = h('li', { class: 'node', test: 'node', 'data-node': node.name },
    h('div', { class: 'node-head' },
      h('h4', { class: 'row-name' }, h('span', {}, node.name), standing), drain),
    h('div', { class: 'node-facts' }, facts, load), problems, devices, models);

  return { element, update };

  function update(now) {
    node = now;
    const [word, kind] = standingOf(node);
    setText(standing, word);
    standing.className = `tier ${kind}`.trim();
    element.classList.toggle('lost', !node.alive);
    setText(facts, [ROLES[node.role] ?? node.role, shortVersion(node.version), `started ${ago(node.started_at)}`].join(' · '));
    const workers = Object.values(node.workers).reduce((sum, count) => sum + count, 0);
    load.hidden = workers === 0;
    setText(load, `${node.tasks.length} of ${workers} ${workers === 1 ? 'worker' : 'workers'} busy: ${Object.entries(node.workers).map(([tier, count]) => `${count} ${tier}`).join(', ')}`);
    setText(drain, node.drain_ordered ? 'Resume' : 'Drain');
    drain.setAttribute('aria-label', `${node.drain_ordered ? 'Resume' : 'Drain'} ${node.name}`);
    problems.hidden = node.problems.length === 0;
    if (problems.textContent !== node.problems.join('')) problems.replaceChildren(...node.problems.map((problem) => h('li', {}, problem)));
    devices.hidden = node.devices.length === 0;
    models.hidden = node.role === 'api';
    showDevices(node.devices);
    showModels(node.models.map((model) => ({ ...model, at: node.devices.filter((device) => device.loaded.includes(model.id)).map((device) => device.name), lost: !node.alive })));
  }
}

function standingOf({ alive, left, draining, silent_seconds: silence }) {
  if (left) return [`Left ${wait(silence)} ago`, 'off'];
  if (!alive) return [`Lost for ${wait(silence)}`, 'few'];
  return draining ? ['Draining', 'off'] : ['Alive', ''];
}

/** Nodes that nobody has heard of for long, and that would take no task if they came back. */
export function createForgotten(list, { act, box }) {
  return keyed(list, { key: (name) => name, none: '', make: (name) => forgottenRow(name, { act, box }) });
}

function forgottenRow(name, { act, box }) {
  const resume = actionButton({ text: 'Resume', test: 'node-resume', kind: 'quiet', box }, () => act(`nodes/${encodeURIComponent(name)}/resume`, `${name} takes tasks when it is back.`));
  resume.setAttribute('aria-label', `Resume ${name}`);
  const element = h('li', { class: 'row', test: 'forgotten' },
    h('div', { class: 'row-text' }, h('span', { class: 'row-name' }, name), h('span', {}, 'Not heard of any more; to drain when it is back')), resume);
  return { element, update() {} };
}

function deviceRow(device) {
  const state = h('span', { class: 'meter-state' });
  const songs = h('span', { class: 'meter-reset' });
  const bar = h('progress', { 'aria-label': `Memory of ${device.name}`, max: 1, test: 'device-memory' });
  const element = h('li', { class: 'device', test: 'device' },
    h('span', { class: 'meter-name' }, device.name), state, bar, songs);
  return {
    element,
    update(now) {
      const { memory_used: used, memory_limit: limit } = now;
      bar.hidden = limit === null;
      bar.value = Math.min(1, used / Math.max(1, limit ?? 1));
      element.classList.toggle('short', limit !== null && used > 0.9 * limit);
      setText(state, limit === null ? size(used) : `${size(used)} of ${size(limit)}`);
      setText(songs, `${now.songs} of ${now.most_songs} ${now.most_songs === 1 ? 'song' : 'songs'}`);
    },
  };
}

function modelRow(first, { act, box, path, name }) {
  let model = first;
  const state = h('span', { class: 'model-state', test: 'model-state' });
  const button = actionButton({ text: 'Load', test: 'model-order', kind: 'quiet', box }, () => {
    const order = wants(model) ? 'unload' : 'load';
    return act(`${path}/models/${order}`, `${name} is told to ${order} ${model.id}.`, { model: model.id });
  });
  const element = h('li', { class: 'model', test: 'model', 'data-model': model.id },
    h('div', { class: 'row-text' }, h('span', { class: 'model-name' }, model.id), state), model.neural && button);
  return {
    element,
    update(now) {
      model = now;
      setText(state, stateOf(model));
      setText(button, wants(model) ? 'Unload' : 'Load');
      button.setAttribute('aria-label', `${wants(model) ? 'Unload' : 'Load'} ${model.id} on ${name}`);
      button.hidden = model.lost;
    },
  };
}

/** Whether it is, or shall be, in memory: then the other order is the one to give. */
const wants = (model) => (model.ordered ? model.ordered === 'load' : model.loaded);

function stateOf({ neural, loaded, ordered, at }) {
  if (!neural) return 'Part of the program';
  if (ordered === 'load') return 'Being loaded';
  if (ordered === 'unload') return 'Unloaded as soon as no song uses it';
  if (!loaded) return 'Not in memory';
  return at.length > 0 ? `In memory on ${at.join(', ')}` : 'In memory';
}

/** Of the source's revision the first digits are enough to tell two apart. */
const shortVersion = (version) => version.replace(/\+([0-9a-f]{7})[0-9a-f]+$/, '+$1');
