// Deleting the account, with a receipt that proves it.

import { byId, h } from '../dom.js';
import { actionButton, codeField, createForm, saveText, secretField } from '../forms.js';
import { atTime, count, size } from '../format.js';
import { cancelButton, openModal } from '../modal.js';
import { createPanel } from '../panel.js';
import { callAndEnd, session } from '../session.js';
import { confirmIdentity } from '../stepup.js';

export function createRemoval(account) {
  return createPanel({
    id: 'delete',
    title: 'Delete account',
    lead: 'Your account, your music and your sessions go at once, and for good.',
    show: (_, panel) => [h('div', { class: 'form-buttons' },
      actionButton({ text: 'Delete my account', test: 'delete-account', kind: 'danger', box: panel.box }, () => remove(account)))],
  });
}

async function remove(account) {
  const { totp, passkeys } = await account.factors();
  const needsCode = totp.enabled;
  // A passkey can't be typed into the form below, so it is asked for first.
  if (!needsCode && passkeys.length > 0 && !(await confirmIdentity())) return;
  await openModal({ title: 'Delete your account?', test: 'delete-dialog' }, (close) => [
    h('p', {}, 'This can’t be undone. What goes, at once:'),
    h('ul', { class: 'plain-list' },
      h('li', {}, 'all your music, with its sentences and sound'),
      h('li', {}, `your account, username and e-mail (${session.user?.email})`),
      h('li', {}, 'every device’s session, your passkeys and personal access tokens'),
      h('li', {}, 'exports that you have not downloaded yet')),
    h('p', { class: 'hint' }, 'The audit trail keeps what happened, without your name or address. You get a receipt.'),
    createForm({
      label: 'Delete the account',
      parts: [
        secretField({ name: 'password', label: 'Your password', autocomplete: 'current-password', test: 'delete-password', wrong: 'Your password, please.' }),
        needsCode && codeField({ name: 'code', label: 'Code from your app, or a recovery code', inputmode: 'text', maxlength: 64, test: 'delete-code', wrong: 'A code, please.' }),
      ],
      button: 'Delete for good',
      test: 'delete-confirm',
      kind: 'danger',
      extra: [cancelButton(close, 'Keep my account')],
      explain: (error) => (error.code === 'auth.invalid_credentials'
        ? { password: needsCode ? 'The password or the code isn’t right.' : 'The password isn’t right. Try again.' } : null),
      async submit({ password, code }) {
        const body = { password };
        if (code) body.code = code.trim();
        // The page closes this dialog with all else that was the account's; the receipt opens over the way in.
        const { receipt } = await callAndEnd('/api/v1/account/delete', body, 'Your account is deleted.');
        await showReceipt(receipt);
        byId('email').focus();
      },
    }),
  ]);
}

/** The last thing that the page says to this person; the account is gone already. */
function showReceipt(receipt) {
  const facts = [
    ['Number', receipt.id], ['Deleted', atTime(receipt.deleted_at)], ['Pieces', count(receipt.tasks)],
    ['Sound files', `${count(receipt.audio_files)}, ${size(receipt.audio_bytes)}`], ['Sessions', count(receipt.sessions)], ['Tokens', count(receipt.tokens)],
  ];
  return openModal({ title: 'Your account is deleted', test: 'receipt' }, (close) => [
    h('p', {}, 'Thank you for the music. This receipt, signed by the server, is all that is left.'),
    h('dl', { class: 'facts' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    h('div', { class: 'dialog-buttons' },
      h('button', { class: 'button', type: 'button', test: 'receipt-save', on: { click: () => saveText(`musicgen-receipt-${receipt.id}.json`, `${JSON.stringify(receipt, null, 2)}\n`, 'application/json') } }, 'Download receipt'),
      h('button', { class: 'button primary', type: 'button', test: 'receipt-done', on: { click: () => close() } }, 'Done')),
  ]);
}
