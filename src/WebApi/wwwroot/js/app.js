// The start of the page: asks who is there and shows what fits.

import { followLink, leaveAuth, paintHero, say, setMode, startAuth, takeLink } from './auth.js';
import { focusPrompt, leaveCompose, openCompose, reuse, startCompose, useSeed, useSource } from './compose.js';
import { closeDialogs, startKeys } from './dialogs.js';
import { announce, byId, setText } from './dom.js';
import { openHistory, startHistory } from './history.js';
import { clearNotice, showError, showInfo } from './notice.js';
import { forgetQuota, refreshQuota } from './quota.js';
import { call, logout, onStepUp, recover, session } from './session.js';
import { confirmIdentity } from './stepup.js';
import { reset } from './store.js';
import { startStream } from './stream.js';
import { forgetRoute, route, view } from './views.js';

let shown = null;
let entered = false;
let link = takeLink();

/** Shows the studio of whoever is signed in, or the forms; never one person's things to another. */
function settle() {
  const { user } = session;
  byId('account').hidden = !user;
  if (user) {
    setText(byId('who-name'), user.username);
    setText(byId('who-tier'), user.tier);
    byId('admin-link').hidden = !user.roles.includes('admin');
  }
  if (user?.id === shown) {
    if (user && !session.lacksFactor && !entered) enter();
    // A role that was taken away closes its page.
    if (document.body.dataset.view === 'admin') route();
    return;
  }
  const before = shown;
  shown = user?.id ?? null;
  if (before) leave(before);
  if (!user) {
    view('auth');
    return;
  }
  leaveAuth();
  if (session.lacksFactor) demandFactor();
  else enter();
}

function enter() {
  entered = true;
  clearNotice(byId('page-error'));
  route();
  openCompose();
  openHistory();
  refreshQuota(0);
}

/** This server opens nothing to the account until a second factor is set up here, or the one that it has is used. */
async function demandFactor() {
  route();
  showInfo(byId('page-error'), 'This server wants a second factor for your account. Set up an authenticator app or a passkey to go on.');
  try {
    const { totp, passkeys } = await call('GET', '/api/auth/factors');
    if ((totp.enabled || passkeys.length > 0) && await confirmIdentity()) await recover();
  } catch (error) {
    showError(byId('page-error'), error);
  }
}

function leave(before) {
  entered = false;
  closeDialogs();
  clearNotice(byId('page-error'));
  forgetRoute();
  leaveCompose(before, !session.farewell);
  reset();
  forgetQuota();
  leaveAuth();
  if (session.user) return;
  say(session.farewell ?? 'Your session has ended. Sign in to go on.');
  byId('email').focus();
}

async function start() {
  view('loading');
  clearNotice(byId('start-error'));
  byId('start-retry').hidden = true;
  byId('loading-text').hidden = false;
  try {
    await recover();
  } catch (error) {
    byId('loading-text').hidden = true;
    showError(byId('start-error'), error);
    byId('start-retry').hidden = false;
    return;
  }
  settle();
  if (link) follow(link);
  link = null;
}

/** Follows a mailed link, also while somebody is signed in here: a new password may end that session, so ask after it. */
async function follow(mailed) {
  if (mailed.kind === 'reset' || !session.user) view('auth');
  await followLink(mailed, async () => {
    await recover().catch(() => {});
    route();
  });
}

async function signOut() {
  const button = byId('signout');
  button.disabled = true;
  clearNotice(byId('page-error'));
  try {
    await logout();
    announce('You are signed out.');
  } catch (error) {
    showError(byId('page-error'), error);
    scrollTo(0, 0);
  }
  button.disabled = false;
}

function connection() {
  byId('offline').hidden = navigator.onLine;
}

startAuth(() => {
  settle();
  if (document.body.dataset.view === 'studio') focusPrompt();
});
onStepUp(confirmIdentity);
startCompose();
startHistory({ useSeed, reuse, useSource });
startKeys();
startStream();
session.addEventListener('change', settle);
byId('brand').addEventListener('click', (event) => {
  // In the studio already, or signed out: the start is loaded anew, as anywhere.
  if (!session.user || document.body.dataset.view === 'studio' || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.hash = '';
});
byId('signout').addEventListener('click', signOut);
byId('start-retry').addEventListener('click', start);
addEventListener('online', connection);
addEventListener('offline', connection);
addEventListener('resize', () => { if (document.body.dataset.view === 'auth') paintHero(); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintHero);
// A mailed link opened in this very tab changes only the address.
addEventListener('hashchange', () => {
  const mailed = takeLink();
  if (mailed) follow(mailed);
  else route();
});
// The address holds the view, so the ways within it move only the focus.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
connection();
setMode('signup');
start();
