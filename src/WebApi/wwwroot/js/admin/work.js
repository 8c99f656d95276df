// Nodes and queue, live: looked at every two seconds while the section is in sight.

import { announce, h } from '../dom.js';
import { actionButton, noticeBox } from '../forms.js';
import { clearNotice, showError } from '../notice.js';
import { createPanel } from '../panel.js';
import { call } from '../session.js';
import { createForgotten, createNodes } from './nodes.js';
import { createQueues } from './queues.js';
import { createTasks } from './tasks.js';

const PATH = '/api/v1/admin';
const INTERVAL = 2000;
const PAGE = 20;
const MOST = 100;

export function createWork() {
  let failures = PAGE;
  let show;
  let timer;
  let inSight = true;
  const trouble = noticeBox();

  const panel = createPanel({
    id: 'work',
    title: 'Nodes and queue',
    lead: 'What the machines do, as of now. Nodes follow within two seconds.',
    load: read,
    show(answers) {
      const parts = build();
      show(answers);
      watch();
      return parts;
    },
  });
  const sight = new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    if (inSight && show) watch();
  });
  sight.observe(panel.element);
  return panel;

  function build() {
    const list = (test, kind) => h('ul', { class: kind, test });
    const forgotten = list('forgotten-nodes', 'rows');
    const [nodes, queues, running, waiting, failed] = [list('nodes', 'nodes'), list('queues', 'queues'), list('running', 'rows'), list('waiting', 'rows'), list('failed', 'rows')];
    const how = { act, box: panel.box };
    const more = actionButton({ text: 'Earlier failures', test: 'failed-more', box: panel.box }, async () => {
      failures = Math.min(MOST, failures + PAGE);
      await look();
    });
    const showers = [
      createNodes(nodes, how), createQueues(queues, how),
      createTasks(running, { ...how, none: 'Nothing runs.' }), createTasks(waiting, { ...how, none: 'Nothing waits.' }), createTasks(failed, { ...how, none: 'Nothing has failed.' }),
    ];
    const showForgotten = createForgotten(forgotten, how);
    show = (answers) => {
      answers.forEach((answer, index) => showers[index](answer.items));
      showForgotten(answers[0].forgotten_to_drain);
      forgotten.hidden = answers[0].forgotten_to_drain.length === 0;
      more.hidden = answers.at(-1).next_cursor === null || failures >= MOST;
    };
    const part = (title, ...content) => h('section', { class: 'work-part' }, h('h3', {}, title), content);
    return [
      trouble, part('Nodes', nodes, forgotten), part('Queues', queues), part('Running', running), part('Waiting', waiting), part('Failed', failed, more),
      h('p', { class: 'hint' }, 'The jobs behind the tasks are in ', h('a', { href: '/admin/jobs', test: 'jobs-link' }, 'Hangfire’s dashboard'), ', to look at.'),
    ];
  }

  function read() {
    const tasks = (status, limit) => `tasks?status=${status}&limit=${limit}`;
    return Promise.all(['nodes', 'queues', tasks('running', MOST), tasks('waiting', PAGE), tasks('failed', failures)].map((path) => call('GET', `${PATH}/${path}`)));
  }

  /** Gives an order, then looks what has become of it. What had the focus may be gone by then. */
  async function act(path, said, body) {
    await call('POST', `${PATH}/${path}`, body ? { body } : {});
    announce(said);
    await look();
    if (document.activeElement === document.body) panel.focus();
  }

  async function look() {
    let pause = INTERVAL;
    try {
      show(await read());
      clearNotice(trouble);
    } catch (error) {
      // What is shown is old now, which has to be said once; it goes away by itself.
      if (trouble.dataset.code !== error.code) showError(trouble, error);
      if (error.status === 403) return; // it won't be told any more, and would only ask in vain
      pause = Math.max(INTERVAL, (error.retryAfter ?? 0) * 1000);
    }
    watch(pause);
  }

  function watch(pause = INTERVAL) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!panel.element.isConnected) sight.disconnect();
      else if (inSight && document.visibilityState === 'visible' && !document.querySelector('dialog[open]')) look();
      else if (inSight) watch();
    }, pause);
  }
}
