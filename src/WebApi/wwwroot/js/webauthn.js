// Passkeys, as the browser offers them.

import { ApiError } from './api.js';

/** Whether this browser can read the server's options and give its answers as JSON. */
export const canUsePasskeys = Boolean(globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON
  && globalThis.PublicKeyCredential.parseRequestOptionsFromJSON && navigator.credentials);

/** Makes a passkey for the account that the options name. */
export async function createPasskey(options) {
  return run(() => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }));
}

/** Asks for a passkey that is there. */
export async function usePasskey(options) {
  return run(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
}

async function run(work) {
  try {
    const credential = await work();
    if (!credential) throw new DOMException('', 'NotAllowedError');
    return credential.toJSON();
  } catch (error) {
    throw new ApiError({ code: CODES[error.name] ?? 'passkey.failed' });
  }
}

const CODES = {
  NotAllowedError: 'passkey.cancelled',
  AbortError: 'passkey.cancelled',
  InvalidStateError: 'passkey.exists',
  SecurityError: 'passkey.address',
  NotSupportedError: 'passkey.unsupported',
};
