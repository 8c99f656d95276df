// The start of the page: asks who is there and shows what fits.

import { followLink, leaveAuth, paintHero, say, setMode, startAuth, takeLink } from './auth.js';
import { focusPrompt, leaveCompose, openCompose, reuse, startCompose, useSeed } from './compose.js';
import { closeDialogs, startKeys } from './dialogs.js';
import { announce, byId, setText } from './dom.js';
import { openHistory, startHistory } from './history.js';
import { clearNotice, showError } from './notice.js';
import { forgetQuota, refreshQuota } from './quota.js';
import { logout, recover, session } from './session.js';
import { reset } from './store.js';
import { startStream } from './stream.js';

let shown = null;
let leaving = false;
let link = takeLink();

function view(name) {
  document.body.dataset.view = name;
  if (name === 'auth') paintHero();
}

/** Shows the studio of whoever is signed in, or the forms; never one person's things to another. */
function settle() {
  const { user } = session;
  byId('account').hidden = !user;
  if (user) {
    setText(byId('who-name'), user.username);
    setText(byId('who-tier'), user.tier);
  }
  if (user?.id === shown) return;
  const before = shown;
  shown = user?.id ?? null;
  if (before) leave(before);
  if (!user) {
    view('auth');
    return;
  }
  leaveAuth();
  view('studio');
  openCompose();
  openHistory();
  refreshQuota(0);
}

function leave(before) {
  closeDialogs();
  leaveCompose(before, !leaving);
  reset();
  forgetQuota();
  leaveAuth();
  if (session.user) return;
  say(leaving ? 'You are signed out.' : 'Your session has ended. Sign in to go on.');
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
    if (session.user) view('studio');
  });
}

async function signOut() {
  const button = byId('signout');
  button.disabled = true;
  leaving = true;
  try {
    await logout();
    announce('You are signed out.');
  } catch (error) {
    showError(byId('history-error'), error);
  }
  leaving = false;
  button.disabled = false;
}

function connection() {
  byId('offline').hidden = navigator.onLine;
}

startAuth(() => {
  settle();
  focusPrompt();
});
startCompose();
startHistory({ useSeed, reuse });
startKeys();
startStream();
session.addEventListener('change', settle);
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
});
connection();
setMode('signup');
start();
