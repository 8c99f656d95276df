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
const MOST = 100; // tasks in one answer
const EMPTY = { running: 'Nothing runs.', waiting: 'Nothing waits.', failed: 'Nothing has failed.' };
const MORE = { running: 'More that run', waiting: 'More that wait', failed: 'Earlier failures' };
const STEPS = { running: MOST, waiting: 20, failed: 20 };
// What has hung for longest has to be in sight; of failures the latest.
const ORDERS = { running: 'oldest', waiting: 'oldest', failed: 'newest' };

export function createWork() {
  const wanted = { ...STEPS };
  let show;
  let timer;
  let looks = 0;
  let inSight = true;
  const trouble = noticeBox();

  const panel = createPanel({
    id: 'work',
    title: 'Nodes and queue',
    lead: 'What the machines do, as of now. Nodes follow within two seconds.',
    load: read,
    show(answers) {
      looks++;
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
    const [nodes, queues] = [list('nodes', 'nodes'), list('queues', 'queues')];
    const how = { act, box: panel.box };
    const [running, waiting, failed] = Object.keys(STEPS).map((status) => pages(status, list(status, 'rows'), how));
    const showers = [createNodes(nodes, how), createQueues(queues, how)].map((showItems) => ({ items }) => showItems(items));
    showers.push(running.show, waiting.show, failed.show);
    const showForgotten = createForgotten(forgotten, how);
    show = (answers) => {
      answers.forEach((answer, index) => showers[index](answer));
      showForgotten(answers[0].forgotten_to_drain);
      forgotten.hidden = answers[0].forgotten_to_drain.length === 0;
    };
    const part = (title, ...content) => h('section', { class: 'work-part' }, h('h3', {}, title), content);
    return [
      trouble, part('Nodes', nodes, forgotten), part('Queues', queues),
      part('Running', running.list, running.more), part('Waiting', waiting.list, waiting.more), part('Failed', failed.list, failed.more),
      h('p', { class: 'hint' }, 'The jobs behind the tasks are in ', h('a', { href: '/admin/jobs', test: 'jobs-link' }, 'Hangfire’s dashboard'), ', to look at.'),
    ];
  }

  /** A list of tasks with the button that lengthens it. */
  function pages(status, list, how) {
    let known = 0; // rows that were there when more were asked for
    const showItems = createTasks(list, { ...how, none: EMPTY[status] });
    const more = actionButton({ text: MORE[status], test: `${status}-more`, box: panel.box }, async () => {
      known = list.childElementCount;
      wanted[status] += STEPS[status];
      await look();
      announce(`${list.childElementCount} shown.`);
    });
    return {
      list, more,
      show({ items, next_cursor: cursor }) {
        showItems(items);
        const held = cursor === null && document.activeElement === more;
        more.hidden = cursor === null;
        // Whoever asked for the rest by keyboard goes on where it begins.
        if (held) ((list.children[known] ?? list.lastElementChild).querySelector('button:not([hidden])') ?? panel).focus();
      },
    };
  }

  function read() {
    return Promise.all([...['nodes', 'queues'].map((path) => call('GET', `${PATH}/${path}`)), ...Object.keys(STEPS).map(tasks)]);
  }

  async function tasks(status) {
    const items = [];
    let cursor = null;
    do {
      const query = new URLSearchParams({ status, order: ORDERS[status], limit: Math.min(MOST, wanted[status] - items.length) });
      if (cursor) query.set('cursor', cursor);
      const page = await call('GET', `${PATH}/tasks?${query}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && items.length < wanted[status]);
    return { items, next_cursor: cursor };
  }

  /** Gives an order, then looks what has become of it. What had the focus may be gone by then. */
  async function act(path, said, body) {
    await call('POST', `${PATH}/${path}`, body ? { body } : {});
    announce(said);
    await look();
    if (document.activeElement === document.body) panel.focus();
  }

  async function look() {
    const number = ++looks;
    let pause = INTERVAL;
    try {
      const answers = await read();
      if (number !== looks) return; // a later look knows what an order has done since
      show(answers);
      clearNotice(trouble);
    } catch (error) {
      if (number !== looks) return;
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
