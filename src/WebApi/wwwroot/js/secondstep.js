// The second step of signing in: a code, a recovery code or a passkey, whichever the account has.

import { send } from './api.js';
import { h } from './dom.js';
import { codeField, createForm, field } from './forms.js';
import { loginPasskey, loginSecondFactor } from './session.js';
import { canUsePasskeys, usePasskey } from './webauthn.js';

const WAYS = {
  totp: {
    other: 'Use the authenticator app',
    hint: 'Type the six digits that your authenticator app shows now.',
    button: 'Sign in',
    parts: () => [codeField({ test: 'second-code' })],
    answer: ({ code }) => ({ code: code.replaceAll(' ', '') }),
    wrong: { code: 'That isn’t the code just now, or it was used already. Wait for the next one.' },
  },
  passkey: {
    other: 'Use a passkey',
    hint: 'Confirm with your fingerprint, face, PIN or security key.',
    button: 'Use my passkey',
    parts: () => [],
    async answer(_, challenge) {
      const { options } = await send('POST', '/api/auth/login/second-factor/options', { body: { challenge } });
      return { credential: await usePasskey(options) };
    },
  },
  recovery_code: {
    other: 'Use a recovery code',
    hint: 'One of the codes that you kept. Each works once.',
    button: 'Sign in',
    parts: () => [field({ name: 'recovery_code', label: 'Recovery code', autocomplete: 'off', spellcheck: 'false', required: true, class: 'code-input', test: 'second-recovery', wrong: 'One of your recovery codes, please.' })],
    answer: ({ recovery_code: code }) => ({ recovery_code: code.trim() }),
    wrong: { recovery_code: 'This recovery code isn’t right, or it was used already.' },
  },
};

/** Asks for the second step of a sign-in whose first was right; `done` is called when somebody is signed in. */
export function showSecondStep(root, { second_factor: kinds, challenge }, done) {
  const usable = Object.keys(WAYS).filter((kind) => kinds.includes(kind) && (kind !== 'passkey' || canUsePasskeys));
  const show = (kind) => {
    const way = WAYS[kind];
    const form = createForm({
      label: 'Second step',
      parts: way.parts(),
      button: way.button,
      test: 'second-submit',
      explain: (error) => (error.code === 'auth.invalid_credentials' ? way.wrong : null),
      async submit(values) {
        await loginSecondFactor({ challenge, ...await way.answer(values, challenge) });
        done();
      },
    });
    root.replaceChildren(h('p', { class: 'hint' }, way.hint), form,
      h('div', { class: 'other-ways' }, usable.filter((other) => other !== kind).map((other) =>
        h('button', { class: 'link', type: 'button', test: `second-way-${other}`, on: { click: () => show(other) } }, WAYS[other].other))));
    (form.querySelector('input') ?? form.querySelector('button')).focus();
  };
  if (usable.length > 0) show(usable[0]);
  else root.replaceChildren(h('p', {}, 'This account signs in with a passkey, which this browser can’t use. A current version of Chrome, Edge, Firefox or Safari can.'));
}

/** Signs in with a passkey alone. */
export async function signInWithPasskey(rememberMe) {
  const { challenge, options } = await send('POST', '/api/auth/login/passkey/options', { body: {} });
  const body = { challenge, credential: await usePasskey(options) };
  if (rememberMe) body.remember_me = true;
  return loginPasskey(body);
}
