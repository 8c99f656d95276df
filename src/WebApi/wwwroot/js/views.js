// Which part of the page is shown, by the address: `#` the studio, `#account`, `#admin`, each with `/section`.

import { openAccount } from './account/account.js';
import { openAdmin } from './admin/admin.js';
import { paintHero } from './auth.js';
import { byId } from './dom.js';
import { session } from './session.js';

const PAGES = {
  account: { open: openAccount, title: 'Your account', mayOpen: () => true },
  admin: { open: openAdmin, title: 'Administration', mayOpen: (user) => user.roles.includes('admin') },
};
const TITLE = document.title;

let pages = null;

/** Shows one part of the page. */
export function view(name) {
  document.body.dataset.view = name;
  if (name === 'auth') paintHero();
}

/** Shows what the address asks for, to whoever is signed in. */
export function route() {
  const { user } = session;
  if (!user) return;
  const [name, section] = session.lacksFactor ? ['account', 'factors'] : location.hash.slice(1).split('/');
  const page = PAGES[name];
  if (page?.mayOpen(user)) {
    if (pages?.name !== name) closePages();
    pages ??= { name, ...page.open(byId(`${name}-view`)) };
    view(name);
    document.title = `${page.title} · MusicGen`;
    mark(name);
    pages.open(section);
    return;
  }
  // Another hash is a place on the page that is shown, unless that page is closed to this account.
  if (name !== '' && !page && document.body.dataset.view !== 'loading' && document.body.dataset.view !== 'auth') return;
  const cameBack = pages !== null;
  closePages();
  document.title = TITLE;
  view('studio');
  if (cameBack) byId('history-title').focus({ preventScroll: true });
}

/** Takes the account's and the admins' pages off, with all that they showed. */
export function closePages() {
  pages?.close();
  pages = null;
  mark(null);
}

/** Back to the studio, for whoever comes next. */
export function forgetRoute() {
  closePages();
  document.title = TITLE;
  if (location.hash) history.replaceState(null, '', '/');
}

function mark(name) {
  for (const link of document.querySelectorAll('[data-page]')) {
    if (link.dataset.page === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}
