// Everybody's tasks: where they are and why they failed. What they say is their owners' alone, and isn't here.

import { h, setText } from '../dom.js';
import { actionButton } from '../forms.js';
import { ago, length } from '../format.js';
import { ask } from '../modal.js';
import { keyed } from './keyed.js';

export function createTasks(list, { act, box, none }) {
  return keyed(list, { key: (task) => task.task_id, none, make: (first) => taskRow(first, { act, box }) });
}

function taskRow(first, { act, box }) {
  let task = first;
  const { task_id: id } = task;
  const short = `…${id.slice(-6)}`;
  const where = h('span', { test: 'task-node' });
  const when = h('span');
  const tries = h('span');
  const reason = h('p', { class: 'task-reason', test: 'task-reason' });
  const bar = h('progress', { max: 1, 'aria-label': `Progress of task ${short}`, test: 'task-progress' });
  const percent = h('span', { class: 'meter-state' });
  const progress = h('div', { class: 'task-progress' }, bar, percent);
  const requeue = actionButton({ text: 'Try again', test: 'task-requeue', kind: 'quiet', box }, async () => {
    const sure = task.status === 'failed' || await ask({
      title: 'Take this task from its worker?', yes: 'Take it back', kind: 'primary',
      text: 'It waits again and is made from the beginning, wherever there is room. Do this when its worker hangs. It is charged once.',
    });
    if (sure) await act(`tasks/${id}/requeue`, `Task ${short} waits again.`);
  });
  const cancel = actionButton({ text: 'Cancel', test: 'task-cancel', kind: 'quiet', name: `Cancel task ${short}`, box }, async () => {
    const sure = await ask({ title: 'Cancel this task?', text: 'Its owner gets back what isn’t made yet, and can ask for it again.', yes: 'Cancel the task', no: 'Leave it' });
    if (sure) await act(`tasks/${id}/cancel`, `Task ${short} is cancelled.`);
  });
  const element = h('li', { class: 'row work-task', test: 'task', 'data-task': id },
    h('div', { class: 'row-text' },
      h('p', { class: 'row-name' }, h('strong', {}, task.model), h('span', { class: 'tier' }, task.tier)),
      h('p', { class: 'meta' }, where, when, tries, h('span', {}, length(task.seconds)), h('span', { title: `Task ${id} of user ${task.user_id}` }, `task ${short} of user …${task.user_id.slice(-6)}`)),
      reason, progress),
    h('div', { class: 'task-actions' }, requeue, cancel));

  return {
    element,
    update(now) {
      task = now;
      const runs = task.status === 'processing';
      const failed = task.status === 'failed';
      where.hidden = !runs;
      setText(where, task.node ? `on ${task.node}` : 'its node isn’t known yet');
      setText(when, failed ? `failed ${ago(task.completed_at)}` : runs ? `started ${ago(task.started_at)}` : `came ${ago(task.created_at)}`);
      tries.hidden = task.attempts < 2;
      setText(tries, `attempt ${task.attempts}`);
      reason.hidden = !failed;
      setText(reason, task.error?.message ?? '');
      progress.hidden = !runs;
      bar.value = task.progress;
      setText(percent, `${Math.floor(task.progress * 100)} %`);
      requeue.hidden = task.status === 'pending';
      setText(requeue, failed ? 'Try again' : 'Take back');
      requeue.setAttribute('aria-label', `${failed ? 'Try task' : 'Take task'} ${short} ${failed ? 'again' : 'back from its worker'}`);
      cancel.hidden = failed;
    },
  };
}
