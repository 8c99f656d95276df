// The account's page: where it is signed in, how it is protected, and what scripts may do with it.

import { createPages } from '../panel.js';
import { call } from '../session.js';
import { createDevices } from './devices.js';
import { createFactors } from './factors.js';
import { createPasskeys } from './passkeys.js';
import { createPassword } from './password.js';
import { createTokens } from './tokens.js';

/** Makes the page inside its element; `open` and `close` are its life. */
export function openAccount(root) {
  let asked = null;

  const account = {
    /** The account's second factors: one request for the sections that show them together. */
    factors() {
      asked ??= call('GET', '/api/auth/factors').finally(() => { asked = null; });
      return asked;
    },
    /** Reads sections again that something done elsewhere has changed. */
    changed: (...ids) => pages.refresh(...ids),
  };
  const pages = createPages({
    root,
    name: 'account',
    title: 'Your account',
    panels: () => [createDevices, createPassword, createFactors, createPasskeys, createTokens].map((create) => create(account)),
  });
  return pages;
}
