// Recovery codes are shown once: the dialog stays until somebody says that they are kept.

import { announce, h } from '../dom.js';
import { checkField, copyButton, createForm, saveText } from '../forms.js';
import { openModal } from '../modal.js';
import { session } from '../session.js';

/** Shows the codes; returns when they are kept. */
export function keepCodes(codes) {
  const kept = checkField({ name: 'kept', label: 'I have kept them', required: true, 'data-testid': 'recovery-kept', 'data-wrong': 'Keep the codes first: they can’t be shown again.' });
  const file = () => `MusicGen recovery codes of ${session.user?.email ?? 'your account'}\nEach works once. Keep them where nobody else looks.\n\n${codes.join('\n')}\n`;
  const mayClose = () => {
    if (kept.querySelector('input').checked) return true;
    announce('Tick “I have kept them” first.');
    return false;
  };
  return openModal({ title: 'Keep these recovery codes', test: 'recovery-dialog', mayClose }, (close) => [
    h('p', {}, 'Each signs you in once when your phone or passkey isn’t at hand. They are shown now and never again.'),
    h('ul', { class: 'codes', test: 'recovery-codes' }, codes.map((code) => h('li', {}, h('code', {}, code)))),
    h('div', { class: 'form-buttons' },
      copyButton(() => codes.join('\n'), { test: 'recovery-copy' }),
      h('button', { class: 'button', type: 'button', test: 'recovery-save', on: { click: () => saveText('musicgen-recovery-codes.txt', file()) } }, 'Download')),
    createForm({ label: 'Recovery codes', parts: [kept], button: 'Done', test: 'recovery-done', submit: async () => close(true) }),
  ]);
}
