// Where the account is signed in, and how to end it there.

import { announce, h } from '../dom.js';
import { actionButton, checkField, createForm } from '../forms.js';
import { ago, atTime, onDate } from '../format.js';
import { cancelButton, openModal } from '../modal.js';
import { createPanel } from '../panel.js';
import { call, callAndEnd } from '../session.js';
import { deviceName } from './useragent.js';

export function createDevices() {
  return createPanel({
    id: 'devices',
    title: 'Devices',
    lead: 'Where your account is signed in. End what you don’t recognise, then change your password.',
    load: () => call('GET', '/api/auth/sessions'),
    show: ({ items }, panel) => {
      const others = items.filter((item) => !item.current).length;
      return [
        h('ul', { class: 'rows' }, items.map((item) => row(item, panel))),
        h('div', { class: 'form-buttons' },
          others > 0 && actionButton({ text: 'Sign out everywhere else', test: 'end-others', box: panel.box }, async () => {
            await call('POST', '/api/auth/logout-all', { body: { keep_current: true } });
            panel.acted = true;
            await panel.refresh();
            announce('All other devices are signed out.');
          }),
          actionButton({ text: 'Sign out everywhere', test: 'end-all', box: panel.box }, () => endAll(items.length))),
      ];
    },
  });

  function row(item, panel) {
    const name = deviceName(item);
    return h('li', { class: 'row', test: 'device', 'data-id': item.id },
      h('div', { class: 'row-text' },
        h('p', { class: 'row-name' }, h('strong', {}, name), item.current && h('span', { class: 'tier' }, 'This device')),
        h('p', { class: 'meta' },
          item.ip && h('span', {}, item.ip),
          h('span', { title: atTime(item.last_seen_at) }, item.current ? 'in use now' : `last seen ${ago(item.last_seen_at)}`),
          h('span', {}, `signed in on ${onDate(item.created_at)}`))),
      item.current ? null : actionButton({ text: 'End', test: 'end-device', name: `End ${name}`, box: panel.box }, async () => {
        await call('DELETE', `/api/auth/sessions/${encodeURIComponent(item.id)}`).catch((error) => {
          if (error.status !== 404) throw error;
        });
        panel.acted = true;
        await panel.refresh();
        announce(`${name} is signed out.`);
      }));
  }

  async function endAll(count) {
    const { items: tokens } = await call('GET', '/api/auth/tokens');
    await openModal({ title: 'Sign out everywhere?', test: 'end-all-dialog' }, (close) => [createForm({
      label: 'Sign out everywhere',
      parts: [
        h('p', {}, count === 1 ? 'This device is signed out.' : `All ${count} devices are signed out, this one too.`),
        tokens.length > 0 && h('p', {}, 'Personal access tokens aren’t devices and stay in force. You have:'),
        tokens.length > 0 && h('ul', { class: 'plain-list' }, tokens.map((token) => h('li', {}, token.name))),
        tokens.length > 0 && checkField({ name: 'tokens', label: tokens.length === 1 ? 'End this token too' : `End these ${tokens.length} tokens too`, 'data-testid': 'end-tokens' }),
      ],
      button: 'Sign out everywhere',
      test: 'end-all-confirm',
      kind: 'danger',
      extra: [cancelButton(close)],
      async submit({ tokens: too }) {
        await callAndEnd('/api/auth/logout-all', { end_tokens: Boolean(too) }, 'You are signed out everywhere.');
      },
    })]);
  }
}
