// The second step of signing in: an authenticator app, and recovery codes for the day when it is lost.

import { announce, h } from '../dom.js';
import { actionButton, codeField, copyButton, createForm } from '../forms.js';
import { onDate } from '../format.js';
import { ask, cancelButton, openModal } from '../modal.js';
import { createPanel } from '../panel.js';
import { call } from '../session.js';
import { drawQr } from './qr.js';
import { keepCodes } from './recovery.js';

const FEW = 3;

export function createFactors(account) {
  return createPanel({
    id: 'factors',
    title: 'Two-step sign-in',
    lead: 'After the password, sign-in asks for a code that only your phone can show. A stolen password is then worth nothing.',
    load: () => account.factors(),
    show: ({ totp, recovery_codes: codes, passkeys }, panel) => [
      h('ul', { class: 'rows' }, app(totp, panel), totp.enabled || passkeys.length > 0 ? recovery(codes.remaining, panel) : null),
    ],
  });

  async function renewed(panel, said) {
    panel.acted = true;
    await account.proved();
    announce(said);
  }

  function app(totp, panel) {
    const button = totp.enabled
      ? actionButton({ text: 'Remove', test: 'totp-remove', name: 'Remove the authenticator app', box: panel.box }, async () => {
        const sure = await ask({ title: 'Remove the authenticator app?', text: 'Sign-in no longer asks for its codes. If you have no passkey either, your password alone opens your account.', yes: 'Remove', no: 'Keep it' });
        if (!sure) return;
        await call('DELETE', '/api/auth/factors/totp');
        await renewed(panel, 'The authenticator app is removed.');
      })
      : actionButton({ text: 'Set up', test: 'totp-setup', kind: 'primary', name: 'Set up an authenticator app', box: panel.box }, async () => {
        const pending = await call('POST', '/api/auth/factors/totp');
        const confirmed = await setUp(pending);
        if (!confirmed) return;
        if (confirmed.recovery_codes) await keepCodes(confirmed.recovery_codes);
        await renewed(panel, 'Two-step sign-in is on.');
      });
    return h('li', { class: 'row', test: 'totp', 'data-enabled': String(totp.enabled) },
      h('div', { class: 'row-text' },
        h('p', { class: 'row-name' }, h('strong', {}, 'Authenticator app'), h('span', { class: totp.enabled ? 'tier' : 'tier off' }, totp.enabled ? 'On' : 'Off')),
        h('p', { class: 'meta' }, totp.enabled ? `since ${onDate(totp.confirmed_at)}` : 'Any app for time-based codes (TOTP) will do.')),
      button);
  }

  function recovery(remaining, panel) {
    return h('li', { class: 'row', test: 'recovery' },
      h('div', { class: 'row-text' },
        h('p', { class: 'row-name' }, h('strong', {}, 'Recovery codes'), h('span', { class: remaining <= FEW ? 'tier few' : 'tier', test: 'recovery-remaining' }, `${remaining} left`)),
        h('p', { class: 'meta' }, remaining <= FEW ? 'Make new ones before they run out.' : 'For the day when phone and passkey are lost. Each works once.')),
      actionButton({ text: 'New codes', test: 'recovery-renew', name: 'New codes for recovery', box: panel.box }, async () => {
        const sure = await ask({ title: 'Make new recovery codes?', text: 'The codes that you have stop working.', yes: 'Make new codes', kind: 'primary' });
        if (!sure) return;
        const { recovery_codes: fresh } = await call('POST', '/api/auth/factors/recovery-codes');
        await keepCodes(fresh);
        await renewed(panel, 'You have ten new recovery codes.');
      }));
  }
}

/** Shows the secret and waits for the first code; answers what confirming it gave. */
function setUp({ secret, uri, qr }) {
  return openModal({ title: 'Set up your authenticator app', test: 'totp-dialog', wide: true }, (close) => [
    h('ol', { class: 'steps-list' },
      h('li', {}, h('p', {}, 'Scan this with the app:'),
        drawQr(qr, 'QR code with the secret; the same as the text below'),
        h('p', { class: 'hint' }, 'On this very device? ', h('a', { href: uri }, 'Open it in the app'), ', or type this in:'),
        h('div', { class: 'secret' }, h('code', { test: 'totp-secret', 'data-secret': secret }, secret.replace(/(.{4})(?=.)/g, '$1 ')), copyButton(() => secret, { test: 'totp-copy' }))),
      h('li', {}, createForm({
        label: 'Confirm the authenticator app',
        parts: [codeField({ label: 'Type the six digits that it shows now', test: 'totp-code' })],
        button: 'Turn on',
        test: 'totp-confirm',
        extra: [cancelButton(close)],
        explain: (error) => (error.code === 'request.invalid' && error.errors?.code
          ? { code: 'That isn’t the code just now. Wait for the next one, and check that the phone’s clock is right.' } : null),
        submit: async ({ code }) => close(await call('POST', '/api/auth/factors/totp/confirm', { body: { code: code.replaceAll(' ', '') } })),
      }))),
  ]);
}
