// The tiers' queues: how many wait, how many run, and whether they may.

import { h, setText } from '../dom.js';
import { actionButton } from '../forms.js';
import { count } from '../format.js';
import { ask } from '../modal.js';
import { keyed } from './keyed.js';

export function createQueues(list, { act, box }) {
  return keyed(list, { key: (queue) => queue.tier, none: 'There is no queue.', make: (first) => tierCard(first, { act, box }) });
}

function tierCard(first, { act, box }) {
  let queue = first;
  const { tier } = queue;
  const paused = h('span', { class: 'tier off', test: 'queue-paused' }, 'Paused');
  const number = (test) => h('dd', { test });
  const [waiting, running, workers] = ['queue-waiting', 'queue-running', 'queue-workers'].map(number);
  const models = h('ul', { class: 'queue-models' });
  const hint = h('p', { class: 'hint', test: 'queue-hint' });
  const button = actionButton({ text: 'Pause', test: 'queue-pause', kind: 'quiet', box }, async () => {
    if (queue.paused) return act(`tiers/${tier}/resume`, `The tier ${tier} goes on.`);
    const sure = await ask({ title: `Pause ${tier}?`, text: 'No node takes a task of this tier until it is resumed. New ones are accepted and wait; those that run are finished.', yes: 'Pause', kind: 'primary' });
    return sure ? act(`tiers/${tier}/pause`, `The tier ${tier} is paused.`) : undefined;
  });
  const showModels = keyed(models, { key: (model) => model.model, none: 'Nothing waits or runs.', make: modelLine });
  const fact = (name, value) => h('div', {}, h('dt', {}, name), value);
  const element = h('li', { class: 'queue', test: 'queue', 'data-tier': tier },
    h('div', { class: 'node-head' }, h('h4', { class: 'row-name' }, h('span', {}, tier), paused), button),
    h('dl', { class: 'numbers' }, fact('waiting', waiting), fact('running', running), fact('workers', workers)), hint, models);

  return {
    element,
    update(now) {
      queue = now;
      paused.hidden = !queue.paused;
      setText(waiting, count(queue.waiting));
      setText(running, count(queue.running));
      setText(workers, count(queue.workers));
      setText(hint, hintOf(queue));
      hint.hidden = hint.textContent === '';
      setText(button, queue.paused ? 'Resume' : 'Pause');
      button.setAttribute('aria-label', `${queue.paused ? 'Resume' : 'Pause'} ${tier}`);
      showModels(queue.models);
    },
  };
}

function hintOf({ paused, workers, waiting }) {
  if (workers === 0 && waiting > 0) return 'Nobody works for this tier: start a node with workers for it, or resume one.';
  return paused && waiting > 0 ? 'These wait until the tier is resumed.' : '';
}

function modelLine(first) {
  const numbers = h('span', { class: 'meter-state' });
  const element = h('li', {}, h('span', { class: 'model-name' }, first.model), numbers);
  return { element, update: (now) => setText(numbers, `${count(now.waiting)} waiting, ${count(now.running)} running`) };
}
