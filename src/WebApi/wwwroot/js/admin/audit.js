// The audit trail: found by its facts, read page by page, verified as a whole.

import { announce, h } from '../dom.js';
import { actionButton, createForm, field } from '../forms.js';
import { atSecond, count } from '../format.js';
import { showInfo } from '../notice.js';
import { createPanel } from '../panel.js';
import { call } from '../session.js';

const PATH = '/api/v1/admin/audit';
const PAGE = 50;
const OUTCOMES = [['', 'Any'], ['attempted', 'Attempted'], ['succeeded', 'Succeeded'], ['denied', 'Denied'], ['failed', 'Failed']];
const COLUMNS = ['When', 'Who', 'Did what', 'Outcome', 'On what', 'From'];

export function createAudit() {
  let filter = {};

  return createPanel({
    id: 'audit',
    title: 'Audit trail',
    lead: 'Every attempt and its outcome, the latest first. Nobody can change an entry without being found out.',
    load: () => read(),
    show: (page, panel) => {
      const rows = h('tbody', { test: 'audit' });
      const foot = h('div', { class: 'form-buttons' });
      const verdict = h('div', { class: 'notice', test: 'audit-verdict', hidden: true });
      const form = createForm({
        label: 'Find entries',
        parts: [h('div', { class: 'filters' },
          field({ name: 'actor', label: 'Who', autocomplete: 'off', maxlength: 128, test: 'audit-actor', placeholder: 'A user’s id, operator:NAME' }),
          field({ name: 'action', label: 'Did what', autocomplete: 'off', maxlength: 64, test: 'audit-action', placeholder: 'identity.login' }),
          field({ tag: 'select', name: 'outcome', label: 'Outcome', options: OUTCOMES, test: 'audit-outcome' }),
          field({ name: 'subject', label: 'On what', autocomplete: 'off', maxlength: 256, test: 'audit-subject', placeholder: 'session:ID' }),
          field({ name: 'email', label: 'E-mail', autocomplete: 'off', maxlength: 254, test: 'audit-email', placeholder: 'Found by its hash' }),
          field({ name: 'since', label: 'Since', type: 'datetime-local', test: 'audit-since' }),
          field({ name: 'until', label: 'Until', type: 'datetime-local', test: 'audit-until' }))],
        button: 'Find',
        test: 'audit-find',
        kind: '',
        extra: [
          h('button', { class: 'button quiet', type: 'button', test: 'audit-clear', on: { click: () => { form.reset(); form.requestSubmit(); } } }, 'Clear'),
          actionButton({ text: 'Verify the whole trail', test: 'audit-verify', box: panel.box }, () => verify(verdict)),
        ],
        async submit(values) {
          filter = values;
          const found = await read();
          rows.replaceChildren();
          add(found, true);
        },
      });
      const only = (name, value) => {
        form.elements.namedItem(name).value = value;
        form.requestSubmit();
      };

      const add = ({ items, next_cursor: cursor }, aloud) => {
        rows.append(...items.map((entry) => row(entry, only)));
        if (rows.childElementCount === 0) rows.append(h('tr', {}, h('td', { colspan: COLUMNS.length, class: 'none' }, 'No entry fits.')));
        foot.replaceChildren(...cursor ? [actionButton({ text: 'Earlier entries', test: 'audit-more', box: panel.box }, async () => add(await read(cursor), true))] : []);
        if (aloud) announce(`${items.length} ${items.length === 1 ? 'entry' : 'entries'}.`);
      };
      add(page, false);
      return [
        form, verdict,
        h('table', { class: 'trail' }, h('caption', { class: 'visually-hidden' }, 'Audit trail'),
          h('thead', {}, h('tr', {}, COLUMNS.map((name) => h('th', { scope: 'col' }, name)))), rows),
        foot,
      ];
    },
  });

  function read(cursor) {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [name, value] of Object.entries(filter)) if (value) query.set(name, asWire(name, value.trim()));
    if (cursor) query.set('cursor', cursor);
    return call('GET', `${PATH}?${query}`);
  }
}

/** A moment is written as this browser's own time and asked for in UTC. */
const asWire = (name, value) => (name === 'since' || name === 'until' ? new Date(value).toISOString() : value);

async function verify(box) {
  const { entries, broken, problem } = await call('POST', `${PATH}/verify`, { timeout: 120000 });
  if (broken === null && problem === null) {
    showInfo(box, `All ${count(entries)} entries are as they were written: none changed, removed, moved or added.`);
    return;
  }
  box.hidden = false;
  box.className = 'notice notice-bad plain';
  box.replaceChildren(h('p', { role: 'alert' }, h('strong', {}, broken === null ? 'The trail is broken. ' : `The trail is broken at entry ${broken}. `), problem ?? ''),
    h('p', {}, 'Keep the database and its backups as they are, and compare them: what stands before that entry is sound.'));
}

function row(entry, only) {
  const cell = (index, ...content) => h('td', { 'data-label': COLUMNS[index] }, content);
  const sift = (name, value, shown = value) => h('button', { class: 'link', type: 'button', title: `Only these: ${value}`, on: { click: () => only(name, value) } }, shown);
  return h('tr', { test: 'audit-entry', 'data-sequence': entry.sequence },
    cell(0, h('time', { datetime: entry.at }, atSecond(entry.at)), h('span', { class: 'small-print' }, `№ ${entry.sequence}`)),
    cell(1, sift('actor', entry.actor, shorten(entry.actor))),
    cell(2, sift('action', entry.action), entry.event && h('span', { class: 'small-print' }, entry.event)),
    cell(3, h('span', { class: `outcome-${entry.outcome}` }, entry.outcome), entry.reason && h('span', { class: 'small-print' }, entry.reason)),
    cell(4, entry.subject && h('span', { title: entry.subject }, shorten(entry.subject))),
    cell(5, entry.address));
}

/** Ids are long and alike at the beginning; their end tells them apart. */
const shorten = (text) => text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})/gi, '…$1');
