// Personal access tokens: keys for scripts, each with what it may do and an end.

import { announce, h } from '../dom.js';
import { actionButton, checkField, copyButton, createForm, field } from '../forms.js';
import { ago, onDate } from '../format.js';
import { ask, cancelButton, openModal } from '../modal.js';
import { createPanel } from '../panel.js';
import { call, session } from '../session.js';

const SCOPES = [
  ['read', 'See', 'your tasks, audio, models and allowance'],
  ['generate', 'Make music', 'and cancel or delete it'],
  ['admin', 'Administer', 'users and the audit trail, while you are an admin'],
];
const DAYS = [['7', '7 days'], ['30', '30 days'], ['90', '90 days'], ['365', 'One year']];

export function createTokens() {
  return createPanel({
    id: 'tokens',
    title: 'Access tokens',
    lead: 'For your scripts. One does only what its scopes say, and ends with its date, with your password, or here.',
    load: () => call('GET', '/api/auth/tokens'),
    show: ({ items }, panel) => [
      items.length > 0 ? h('ul', { class: 'rows' }, items.map((token) => row(token, panel))) : h('p', { class: 'none' }, 'No token yet.'),
      h('div', { class: 'form-buttons' }, actionButton({ text: 'New token', test: 'token-new', box: panel.box }, () => create(panel))),
    ],
  });
}

function row(token, panel) {
  return h('li', { class: 'row', test: 'token', 'data-id': token.id },
    h('div', { class: 'row-text' },
      h('p', { class: 'row-name' }, h('strong', {}, token.name), h('span', { class: 'words' }, token.scopes.map((scope) => h('span', { class: 'word' }, scope)))),
      h('p', { class: 'meta' },
        h('span', {}, `ends on ${onDate(token.expires_at)}`),
        h('span', {}, token.last_used_at ? `last used ${ago(token.last_used_at)}` : 'not used yet'))),
    actionButton({ text: 'Revoke', test: 'token-revoke', name: `Revoke ${token.name}`, box: panel.box }, async () => {
      const sure = await ask({ title: 'Revoke this token?', text: `Scripts that use “${token.name}” are refused from now on.`, yes: 'Revoke', no: 'Keep it' });
      if (!sure) return;
      await call('DELETE', `/api/auth/tokens/${encodeURIComponent(token.id)}`).catch((error) => {
        if (error.status !== 404) throw error;
      });
      panel.acted = true;
      await panel.refresh();
      announce(`${token.name} is revoked.`);
    }));
}

async function create(panel) {
  const offered = SCOPES.filter(([scope]) => scope !== 'admin' || session.user?.roles.includes('admin'));
  const made = await openModal({ title: 'New access token', test: 'token-dialog' }, (close) => [createForm({
    label: 'New access token',
    parts: [
      field({ name: 'name', label: 'Name', maxlength: 64, required: true, autocomplete: 'off', autocapitalize: 'sentences', test: 'token-name', hint: 'What is it for? “Nightly playlist”, say.', wrong: 'A name, please.' }),
      h('fieldset', { class: 'choices' }, h('legend', {}, 'It may'),
        offered.map(([scope, label, hint]) => checkField({ name: 'scopes', value: scope, label, hint, checked: scope !== 'admin', 'data-testid': `scope-${scope}` }))),
      field({ tag: 'select', name: 'days', label: 'It ends after', options: DAYS, test: 'token-days' }),
    ],
    button: 'Make token',
    test: 'token-create',
    extra: [cancelButton(close)],
    explain: ({ code, errors }) => (code === 'scopes.none' || errors?.scopes ? { scopes: 'Tick at least one, please.' } : null),
    async submit({ name, scopes, days }) {
      if (scopes.length === 0) throw { code: 'scopes.none' };
      close(await call('POST', '/api/auth/tokens', { body: { name: name.trim(), scopes, expires_in_days: Number(days) } }));
    },
  })]);
  if (!made) return;
  await showOnce(made);
  panel.acted = true;
  await panel.refresh();
}

function showOnce({ name, token, expires_at: expires }) {
  return openModal({ title: 'Copy your token now', test: 'token-shown' }, (close) => [
    h('p', {}, `“${name}” is shown this once. It works until ${onDate(expires)}; keep it like a password.`),
    h('div', { class: 'secret' }, h('code', { test: 'token-value' }, token), copyButton(() => token, { test: 'token-copy' })),
    h('p', { class: 'hint' }, 'Send it as ', h('code', {}, 'Authorization: Bearer …'), '.'),
    h('div', { class: 'dialog-buttons' }, h('button', { class: 'button primary', type: 'button', test: 'token-done', on: { click: () => close() } }, 'Done')),
  ]);
}
