// "Confirm it's you": the password once more, with the second factor where there is one, before something sensitive.

import { h } from './dom.js';
import { codeField, createForm, field, noticeBox, secretField, working } from './forms.js';
import { cancelButton, openModal } from './modal.js';
import { showError } from './notice.js';
import { call, session } from './session.js';
import { canUsePasskeys, usePasskey } from './webauthn.js';

/** Asks; true: the server has accepted it. */
export async function confirmIdentity() {
  const { totp, recovery_codes: codes, passkeys } = await call('GET', '/api/auth/factors');
  const hasCode = totp.enabled;
  const hasKey = passkeys.length > 0;
  return await openModal({ title: 'Confirm it’s you', test: 'step-up' }, (close) => [
    h('p', { class: 'hint' }, 'This is sensitive, so we ask once more. It then holds for ten minutes.'),
    hasKey && canUsePasskeys ? keyPart(close) : null,
    passwordPart(close, { hasCode, hasKey, hasRecovery: codes.remaining > 0 }),
  ]) === true;
}

function passwordPart(close, { hasCode, hasKey, hasRecovery }) {
  const second = hasCode || hasKey;
  const code = hasCode ? codeField({ label: 'Code from your authenticator app', test: 'step-up-code' }) : null;
  const recovery = second ? recoveryField() : null;
  const swap = hasCode && hasRecovery ? h('button', { class: 'link', type: 'button' }, 'Use a recovery code instead') : null;
  const choose = (byCode) => {
    for (const [part, shown] of [[code, byCode], [recovery, !byCode]]) {
      if (!part) continue;
      part.hidden = !shown;
      part.querySelector('input').disabled = !shown;
    }
    if (swap) swap.textContent = byCode ? 'Use a recovery code instead' : 'Use the authenticator app instead';
  };
  choose(hasCode);
  swap?.addEventListener('click', () => {
    choose(code.hidden);
    (code.hidden ? recovery : code).querySelector('input').focus();
  });

  return createForm({
    label: 'Confirm with your password',
    parts: [
      // Password managers look for the account's name beside its password.
      h('input', { class: 'visually-hidden', name: 'account', type: 'text', autocomplete: 'username', value: session.user?.email ?? '', readonly: true, tabindex: '-1', 'aria-hidden': 'true' }),
      secretField({ name: 'password', label: 'Your password', autocomplete: 'current-password', test: 'step-up-password', wrong: 'Your password, please.' }),
      code, recovery, swap,
    ],
    button: 'Confirm',
    test: 'step-up-submit',
    extra: [cancelButton(close)],
    explain: (error) => (error.code === 'auth.invalid_credentials'
      ? { password: second ? 'The password or the code isn’t right. Try both again; a code works once.' : 'The password isn’t right. Try again.' }
      : null),
    async submit({ password, code: digits, recovery_code: kept }) {
      const body = { password };
      if (digits) body.code = digits.replaceAll(' ', '');
      if (kept) body.recovery_code = kept.trim();
      await call('POST', '/api/auth/step-up', { body });
      close(true);
    },
  });
}

const recoveryField = () => field({
  name: 'recovery_code', label: 'Recovery code', autocomplete: 'off', spellcheck: 'false', required: true, class: 'code-input',
  test: 'step-up-recovery', hint: 'One of those that you kept; each works once.', wrong: 'One of your recovery codes, please.',
});

function keyPart(close) {
  const box = noticeBox();
  const button = h('button', { class: 'button primary wide', type: 'button', test: 'step-up-passkey' }, 'Use a passkey');
  button.addEventListener('click', () => working(button, async () => {
    try {
      const { challenge, options } = await call('POST', '/api/auth/step-up/options');
      const credential = await usePasskey(options);
      await call('POST', '/api/auth/step-up', { body: { passkey: { challenge, credential } } });
      close(true);
    } catch (error) {
      showError(box, error);
    }
  }));
  return h('div', { class: 'stack' }, button, box, h('p', { class: 'or' }, 'or'));
}
