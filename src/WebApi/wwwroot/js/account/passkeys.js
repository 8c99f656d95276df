// Passkeys: signing in with a fingerprint, a face, a PIN or a security key.

import { announce, h } from '../dom.js';
import { actionButton, createForm, field } from '../forms.js';
import { ago, onDate } from '../format.js';
import { ask, cancelButton, openModal } from '../modal.js';
import { createPanel } from '../panel.js';
import { call } from '../session.js';
import { canUsePasskeys, createPasskey } from '../webauthn.js';
import { keepCodes } from './recovery.js';
import { deviceName } from './useragent.js';

const LONGEST_NAME = 64;

export function createPasskeys(account) {
  return createPanel({
    id: 'passkeys',
    title: 'Passkeys',
    lead: 'Sign in with your fingerprint, face, PIN or security key instead of the password. Nothing to remember, nothing to phish.',
    load: () => account.factors(),
    show: ({ passkeys }, panel) => [
      passkeys.length > 0 ? h('ul', { class: 'rows' }, passkeys.map((passkey) => row(passkey, panel))) : h('p', { class: 'none' }, 'No passkey yet.'),
      canUsePasskeys
        ? h('div', { class: 'form-buttons' }, actionButton({ text: 'Add a passkey', test: 'passkey-add', kind: passkeys.length > 0 ? '' : 'primary', box: panel.box }, () => add(panel)))
        : h('p', { class: 'hint' }, 'This browser can’t make passkeys. A current version of Chrome, Edge, Firefox or Safari can.'),
    ],
  });

  function row(passkey, panel) {
    return h('li', { class: 'row', test: 'passkey', 'data-id': passkey.id },
      h('div', { class: 'row-text' },
        h('p', { class: 'row-name' }, h('strong', {}, passkey.name), passkey.backed_up && h('span', { class: 'tier' }, 'Synced')),
        h('p', { class: 'meta' }, h('span', {}, `added on ${onDate(passkey.created_at)}`),
          h('span', {}, passkey.last_used_at ? `last used ${ago(passkey.last_used_at)}` : 'not used yet'))),
      actionButton({ text: 'Remove', test: 'passkey-remove', name: `Remove ${passkey.name}`, box: panel.box }, async () => {
        const sure = await ask({ title: 'Remove this passkey?', text: `“${passkey.name}” no longer signs you in. Delete it on the device too, where it stays listed otherwise.`, yes: 'Remove', no: 'Keep it' });
        if (!sure) return;
        await call('DELETE', `/api/auth/passkeys/${encodeURIComponent(passkey.id)}`);
        await changed(panel, 'The passkey is removed.');
      }));
  }

  async function changed(panel, said) {
    panel.acted = true;
    await account.proved();
    announce(said);
  }

  async function add(panel) {
    const added = await openModal({ title: 'Add a passkey', test: 'passkey-dialog' }, (close) => [
      h('p', { class: 'hint' }, 'The browser asks you next where to keep it and to confirm.'),
      createForm({
        label: 'Add a passkey',
        parts: [field({ name: 'name', label: 'Name', value: deviceName({ user_agent: navigator.userAgent }), maxlength: LONGEST_NAME, required: true, autocomplete: 'off', autocapitalize: 'sentences', test: 'passkey-name', hint: 'So that you know it again.', wrong: 'A name, please.' })],
        button: 'Go on',
        test: 'passkey-create',
        extra: [cancelButton(close)],
        async submit({ name }) {
          const { challenge, options } = await call('POST', '/api/auth/passkeys/options');
          const credential = await createPasskey(options);
          close(await call('POST', '/api/auth/passkeys', { body: { challenge, name: name.trim(), credential } }));
        },
      }),
    ]);
    if (!added) return;
    if (added.recovery_codes) await keepCodes(added.recovery_codes);
    await changed(panel, 'The passkey is added.');
  }
}
