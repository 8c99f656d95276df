// The account's page: where it is signed in, how it is protected, what scripts may do with it, and its data.

import { createPages } from '../panel.js';
import { call, recover, session } from '../session.js';
import { createData } from './data.js';
import { createDevices } from './devices.js';
import { createFactors } from './factors.js';
import { createPasskeys } from './passkeys.js';
import { createPassword } from './password.js';
import { createRemoval } from './removal.js';
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
    /** A factor came or went; where one was wanted, the rest of the account may have opened with it. */
    async proved() {
      const lacked = session.lacksFactor;
      if (lacked) await recover();
      await account.changed('factors', 'passkeys', ...lacked ? ['tokens', 'data'] : []);
    },
    /** Reads sections again that something done elsewhere has changed. */
    changed: (...ids) => pages.refresh(...ids),
  };
  const pages = createPages({
    root,
    name: 'account',
    title: 'Your account',
    panels: () => [createDevices, createPassword, createFactors, createPasskeys, createTokens, createData, createRemoval].map((create) => create(account)),
  });
  return pages;
}
