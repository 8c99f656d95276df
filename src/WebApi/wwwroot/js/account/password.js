// A new password, by whoever knows the present one.

import { h } from '../dom.js';
import { createForm, secretField } from '../forms.js';
import { showInfo } from '../notice.js';
import { createPanel } from '../panel.js';
import { call, session } from '../session.js';

const SHORTEST = 15;
const LONGEST = 128;

export function createPassword(account) {
  return createPanel({
    id: 'password',
    title: 'Password',
    lead: 'A new one signs out all other devices and ends your personal access tokens. This device stays signed in.',
    show: (_, panel) => [createForm({
      label: 'Change the password',
      parts: [
        h('input', { class: 'visually-hidden', name: 'account', type: 'text', autocomplete: 'username', value: session.user?.email ?? '', readonly: true, tabindex: '-1', 'aria-hidden': 'true' }),
        secretField({ name: 'current_password', label: 'Current password', autocomplete: 'current-password', test: 'current-password', wrong: 'Your current password, please.' }),
        secretField({
          name: 'new_password', label: 'New password', autocomplete: 'new-password', test: 'new-password', wrong: 'A new password, please.',
          hint: `${SHORTEST} to ${LONGEST} characters. A sentence you remember is a good one; pasting works.`,
        }),
      ],
      button: 'Change password',
      test: 'change-password',
      explain: ({ code, sentence }) => ({
        'auth.invalid_credentials': { current_password: 'This isn’t your current password. Check it, and whether Caps Lock is on.' },
        'password.size': { new_password: sentence },
      })[code] ?? null,
      async submit({ current_password: current, new_password: fresh }, form) {
        const size = [...fresh].length;
        if (size < SHORTEST || size > LONGEST) throw { code: 'password.size', sentence: `${SHORTEST} to ${LONGEST} characters, please; that is ${size}.` };
        await call('POST', '/api/auth/change-password', { body: { current_password: current, new_password: fresh } });
        form.reset();
        showInfo(panel.box, 'Your password is changed. All other devices are signed out, and your personal access tokens have ended.');
        panel.focus();
        account.changed('devices', 'tokens');
      },
    })],
  });
}
