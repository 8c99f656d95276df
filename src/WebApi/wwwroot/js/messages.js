// Every refusal in plain words, with what to do next. Keys are the server's stable codes.

// Where the answer says how long, the notice counts down below the sentence.
const soon = (error) => (error.retryAfter ? '' : ' Try again in a little while.');

const WORDS = {
  network: () => 'The server can’t be reached. Check your connection, then try again; nothing is lost or made twice.',
  timeout: () => 'The server took too long to answer. Try again; nothing is made twice.',
  'request.invalid': () => 'Something in the form isn’t right. Look at the marked fields.',
  'request.too_large': () => 'That is too much text for one request. Make it shorter.',
  'auth.required': () => 'You are signed out. Sign in to go on.',
  'auth.session_ended': () => 'Your session has ended. Sign in again to go on.',
  'auth.token_invalid': () => 'Your session has ended, or this link was used before or is too old. Sign in or ask for a new link.',
  'auth.refresh_missing': () => 'Your session has ended. Sign in again to go on.',
  'auth.refresh_invalid': () => 'Your session has ended. Sign in again to go on.',
  'auth.refresh_reused': () => 'Your session was ended for safety. Sign in again; if this surprises you, change your password.',
  'auth.invalid_credentials': () => 'E-mail or password isn’t right. Check both, or use “Forgot password?”.',
  'auth.forbidden': () => 'Your account may not do this.',
  'auth.email_unverified': () => 'Your e-mail isn’t confirmed yet. We have sent the link again: follow it, then sign in.',
  'auth.step_up_required': () => 'This needs your password again. Try once more and confirm that it’s you.',
  'auth.second_factor_required': () => 'This server wants a second factor for your account. Set one up under “Two-step sign-in” or “Passkeys”; the last one can’t be removed.',
  'auth.challenge_invalid': () => 'That took longer than five minutes, or was used already. Begin again.',
  'auth.factor_exists': () => 'An authenticator app is set up already. Remove it first to set up another.',
  'factor.not_found': () => 'That is no longer there; it may have been removed in another window. Reload the page.',
  'factor.limit': () => 'You have as many passkeys as one account may. Remove one that you no longer use.',
  'session.not_found': () => 'That session has ended already.',
  'token.not_found': () => 'This token is no longer there; it may have been revoked in another window.',
  'token.limit': () => 'You have as many tokens as one account may. Revoke one that you no longer use.',
  'export.not_found': () => 'This export is no longer there. Ask for a new one.',
  'export.not_ready': () => 'The export isn’t ready yet. It will be offered here as soon as it is.',
  'user.not_found': () => 'This account is no longer there; it may have been deleted meanwhile.',
  'user.last_admin': () => 'This is the last admin. Make another one first, so that somebody can look after this server.',
  'passkey.cancelled': () => 'The passkey wasn’t used: the browser’s question was called off or took too long. Try again when you are ready.',
  'passkey.exists': () => 'This device holds a passkey for your account already. Use another device or security key.',
  'passkey.address': () => 'Passkeys don’t work under this address. Open the page under its usual name, not a number.',
  'passkey.unknown': () => 'This server doesn’t know this passkey. It may have been removed, or belong to another server. Sign in with your password.',
  'passkey.unsupported': () => 'This device can’t make a passkey of the kind we need. Try another device or a security key.',
  'passkey.failed': () => 'The browser couldn’t use the passkey. Try again, or sign in another way.',
  'auth.registration_closed': () => 'New accounts are closed on this server. Ask the person who runs it for one.',
  'auth.username_taken': () => 'This username is taken. Choose another.',
  'auth.email_taken': () => 'There is an account with this e-mail already. Sign in, or use “Forgot password?”.',
  'auth.mail_unavailable': () => 'This server can’t send mail. Ask the person who runs it for a reset link.',
  'auth.too_many_attempts': (e) => `Too many attempts.${soon(e)} If it is your account and somebody else is guessing, “Forgot password?” lets you in.`,
  'csrf.missing': () => 'The page is out of date. Reload it and try again.',
  'csrf.invalid': () => 'The page is out of date. Reload it and try again.',
  'csrf.cross_site': () => 'The server refused a request from another address. Open the page under its usual address.',
  'request.host': (e) => e.detail || 'The server doesn’t answer under this address. Open the page under its usual one.',
  'generation.not_found': () => 'This piece is no longer there. It may have been deleted in another window.',
  'generation.not_failed': () => 'This task has ended meanwhile, so there is nothing to try again. Its owner can ask for it anew.',
  'node.not_found': () => 'This node hasn’t been heard of for ten minutes. Start its process again; it appears here by itself.',
  'node.lost': () => 'This node is silent or has stopped, so it can do nothing now. See whether its process runs and reaches Redis, then try again.',
  'model.built_in': () => 'This model is a part of the program: it is always there.',
  'model.not_found': (e) => e.title || 'This model isn’t there any more. Choose another one.',
  'generation.not_completed': () => 'This piece isn’t finished yet.',
  'generation.unsupported_field': (e) => `The chosen model can’t follow this: ${Object.keys(e.errors ?? {}).join(', ') || e.detail}. Clear it, or say it in the sentence.`,
  'generation.no_score': (e) => e.detail || 'There are no notes of this piece.',
  'generation.score_outdated': () => 'Another version of the composer made this piece; this one would write other notes.',
  'generation.queue_full': (e) => `Everyone is making music just now.${soon(e)}`,
  'idempotency.mismatch': () => 'This request was already sent with other words. Press Generate once more.',
  'generation.stream_needs_fixed_gain': () => 'This piece gets its loudness when all of it is made. Tick “Listen while it is made” to hear the next one on the way.',
  'audio.broken_off': () => 'The sound broke off. Press play to listen again from the beginning.',
  'audio.format_unavailable': () => 'This server can’t make that format (its encoder isn’t installed). Choose WAV, or ask the person who runs it.',
  'audio.range': () => 'That part of the sound isn’t there. Play it from the beginning.',
  'rate_limit.exceeded': (e) => `That was a lot at once.${soon(e)}`,
  'quota.exceeded': (e) => `Your allowance is used up for now; “Your allowance” shows when there is more.${soon(e)}`,
  'server.error': () => 'Something broke on our side. Try again; if it stays, give the number below to the person who runs this server.',
  'service.unavailable': (e) => `The service is busy or restarting.${soon(e)}`,
};

/** The sentence to show for a refusal. */
export function inWords(error) {
  const words = WORDS[error.code];
  if (words) return words(error);
  if (error.status >= 500 && !error.title) return WORDS['server.error'](error);
  return error.detail || error.title || 'That didn’t work. Try again.';
}

/** What went wrong with a piece that failed, from its `error`. */
export function failureInWords(failure) {
  return failure?.message || 'The music could not be made. Try again, or use other words.';
}
