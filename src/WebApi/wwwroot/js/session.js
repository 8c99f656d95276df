// Who is signed in. Tokens live in HttpOnly cookies only; this module knows the user and when the access token ends.
//
// One lock orders all tabs: a request with the session holds it shared, whatever changes the session's cookies
// (sign-in, refresh, sign-out) holds it alone. So no tab refreshes while a request with the token's predecessor is
// unanswered, and no two tabs refresh at once.

import { ApiError, forgetCsrf, send, serverNow, setCsrf } from './api.js';
import { hear, tell } from './bus.js';

const LOCK = 'musicgen-session';
const REFRESH_TIMEOUT = 20000;
const PAUSE = 20000;
const LIVES = [15 * 60000, 60 * 60000];

/**
 * Fires `change` when somebody signs in or out, or the user's own facts (tier) move. `farewell` is what to say to
 * somebody who left of their own will; `lacksFactor`: this server opens nothing until a second factor is set up or used.
 */
export const session = Object.assign(new EventTarget(), { user: null, farewell: null, lacksFactor: false });

let expiresAt = 0;
let life = 0;
let timer;
let recovering = null;
let confirming = null;
let confirm = async () => false;

// A 401 that speaks of what was typed, not of the session: asking again would be a second guess.
const OF_WORDS = new Set(['auth.invalid_credentials', 'auth.challenge_invalid']);

const locked = (mode, work) => (navigator.locks ? navigator.locks.request(LOCK, { mode }, work) : work());

/** Tells what asks people to confirm who they are; it answers whether they did. */
export const onStepUp = (work) => { confirm = work; };

/**
 * A request with the session: on a 401 the session is renewed once and the request goes once more; where the server
 * wants to know that it is really this person, they are asked, and the request goes once more.
 */
export async function call(method, path, options) {
  const owner = session.user?.id;
  try {
    return await renewing(method, path, options);
  } catch (error) {
    if (error.code !== 'auth.step_up_required') throw error;
    if (!(await stepUp()) || session.user?.id !== owner) throw new ApiError({ code: 'step_up.cancelled' });
    return await renewing(method, path, options);
  }
}

async function renewing(method, path, options) {
  const once = () => locked('shared', () => send(method, path, options));
  const owner = session.user?.id;
  try {
    return await once();
  } catch (error) {
    if (error.status !== 401 || OF_WORDS.has(error.code)) throw error;
    // Another account may have signed in meanwhile in another tab; what one person asked for isn't done for another.
    if (!(await recover()) || session.user?.id !== owner) throw error;
    return await once();
  }
}

/** One question for all requests that wait for its answer. */
function stepUp() {
  confirming ??= confirm().finally(() => { confirming = null; });
  return confirming;
}

/** Asks who is signed in, and refreshes where only a refresh cookie is left. True: somebody is. */
export function recover({ renew = false } = {}) {
  recovering ??= locked('exclusive', () => settle(renew)).finally(() => { recovering = null; });
  return recovering;
}

async function settle(renew) {
  const known = expiresAt;
  let answer = await send('GET', '/api/auth/session');
  setCsrf(answer.csrfToken);
  // Where another tab refreshed while this one waited for the lock, its new token is there already.
  const due = answer.authenticated ? renew && Date.parse(answer.expires_at) <= known : answer.refreshable;
  if (due) {
    try {
      const fresh = await send('POST', '/api/auth/refresh', { timeout: REFRESH_TIMEOUT });
      setCsrf(fresh?.csrfToken);
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    answer = await send('GET', '/api/auth/session');
    if (answer.authenticated) tell('refreshed', { user: answer.user.id, expiresAt: answer.expires_at });
  }
  adopt(answer);
  return session.user !== null;
}

function adopt(answer) {
  const before = JSON.stringify([session.user, session.lacksFactor]);
  session.user = answer.authenticated ? answer.user : null;
  session.lacksFactor = answer.second_factor_required === true;
  setCsrf(answer.csrfToken);
  if (answer.authenticated) schedule(answer.expires_at);
  else clearTimeout(timer);
  if (JSON.stringify([session.user, session.lacksFactor]) !== before) session.dispatchEvent(new Event('change'));
}

/** Refreshes at a random moment between 60 and 95 % of the token's life, so that nobody else can keep in step. */
function schedule(iso) {
  clearTimeout(timer);
  const end = Date.parse(iso);
  if (!Number.isFinite(end)) return;
  const now = serverNow();
  // A refresh that was refused although the token still lives must not be asked for in a circle.
  const pause = end === expiresAt ? PAUSE : 0;
  // A token that has just moved is new, and its life is what is left of it. At the page's start its age is unknown:
  // the shortest usual life that it fits in is the careful guess.
  const left = end - now;
  if (expiresAt !== 0 && end > expiresAt) life = left;
  else if (life < left) life = LIVES.find((usual) => left <= usual) ?? left;
  expiresAt = end;
  const earliest = Math.max(now, end - life * 0.4);
  const latest = Math.max(now, end - life * 0.05);
  const moment = earliest + (latest - earliest) * random();
  timer = setTimeout(renewQuietly, Math.max(pause, moment - now), 0);
}

async function renewQuietly(failures) {
  try {
    await recover({ renew: true });
  } catch (error) {
    // Offline or a busy server: the old token may still live, and a request will ask again when it doesn't.
    const rest = Math.max((error.retryAfter ?? 0) * 1000, Math.min(60000, 2000 * 2 ** failures));
    timer = setTimeout(renewQuietly, rest + 1000 * random(), failures + 1);
  }
}

const random = () => crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;

/** Signs in. Returns the answer: `success: false` with `second_factor` where the account has one. */
export async function login(email, password, rememberMe) {
  const body = { email, password };
  if (rememberMe) body.remember_me = true;
  return open('/api/auth/login', body);
}

/** Signs in with what comes after the password: the body holds the challenge and a code, a recovery code or a passkey's answer. */
export const loginSecondFactor = (body) => open('/api/auth/login/second-factor', body);

/** Signs in with a passkey alone, which is both factors. */
export const loginPasskey = (body) => open('/api/auth/login/passkey', body);

/** Makes an account; without `user` in the answer a mail must be read first. */
export const register = (email, username, password) => open('/api/auth/register', { email, username, password });

function open(path, body) {
  return locked('exclusive', async () => {
    const answer = await send('POST', path, { body });
    setCsrf(answer.csrfToken);
    if (answer.user) {
      expiresAt = 0;
      life = 0;
      adopt(await send('GET', '/api/auth/session'));
      tell('signed-in');
    }
    return answer;
  });
}

/** Ends the session here and in every tab. */
export async function logout() {
  await locked('exclusive', () => send('POST', '/api/auth/logout'));
  end('You are signed out.');
  tell('signed-out');
}

/** Asks for what ends this session too: signing out everywhere, deleting the account. Returns the answer. */
export async function callAndEnd(path, body, farewell) {
  const owner = session.user?.id;
  // Nothing else may renew the session meanwhile, so it is made good first.
  if (!(await recover()) || session.user?.id !== owner) throw new ApiError({ status: 401, code: 'auth.session_ended' });
  const once = () => locked('exclusive', () => send('POST', path, { body }));
  let answer;
  try {
    answer = await once();
  } catch (error) {
    if (error.code !== 'auth.step_up_required') throw error;
    if (!(await stepUp()) || session.user?.id !== owner) throw new ApiError({ code: 'step_up.cancelled' });
    answer = await once();
  }
  end(farewell);
  tell('signed-out');
  return answer;
}

function end(farewell = null) {
  forgetCsrf();
  expiresAt = 0;
  life = 0;
  session.farewell = farewell;
  adopt({ authenticated: false });
  session.farewell = null;
}

hear('signed-out', () => end());
hear('signed-in', () => {
  expiresAt = 0;
  life = 0;
  recover().catch(() => {});
});
hear('refreshed', ({ user, expiresAt: at }) => {
  if (user === session.user?.id) schedule(at);
});

// A sleeping machine stops timers; the first look at the page makes up for it.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && session.user && serverNow() > expiresAt) recover().catch(() => {});
});
// A page that comes back from the browser's memory shows what was true when it left.
addEventListener('pageshow', (event) => { if (event.persisted) recover().catch(() => {}); });
