// The accounts of this server. What an admin changes is in force on the user's next request.

import { announce, h } from '../dom.js';
import { actionButton, createForm, field, uid } from '../forms.js';
import { onDate } from '../format.js';
import { ask } from '../modal.js';
import { clearNotice, showError } from '../notice.js';
import { createPanel } from '../panel.js';
import { call, session } from '../session.js';

const PATH = '/api/v1/admin/users';
const PAGE = 20;
const SIFTED = 100;
const TIERS = ['free', 'premium', 'enterprise'];
const ROLES = ['user', 'admin'];

export function createUsers() {
  let sought = '';

  return createPanel({
    id: 'users',
    title: 'Users',
    lead: 'Changes are in force on the next request, on every device.',
    load: () => read(),
    show: (page, panel) => {
      const list = h('ul', { class: 'rows', test: 'users' });
      const foot = h('div', { class: 'form-buttons' });
      const search = createForm({
        label: 'Find users',
        parts: [field({ name: 'q', label: 'Find', type: 'search', maxlength: 254, autocomplete: 'off', value: sought, test: 'users-search', placeholder: 'Part of a name or e-mail' })],
        button: 'Find',
        test: 'users-find',
        kind: '',
        async submit({ q }) {
          sought = q.trim();
          list.replaceChildren();
          add(await read(), true);
        },
      });
      search.classList.add('inline-form');

      const add = ({ items, next_cursor: cursor }, aloud) => {
        list.append(...items.map((user) => row(user, panel)));
        if (list.childElementCount === 0) list.append(h('li', { class: 'none' }, sought ? `Nobody’s name or e-mail holds “${sought}”.` : 'Nobody yet.'));
        foot.replaceChildren(...cursor ? [actionButton({ text: 'More users', test: 'users-more', box: panel.box }, async () => add(await read(cursor), true))] : []);
        if (aloud) announce(`${items.length} ${items.length === 1 ? 'user' : 'users'}.`);
      };
      add(page, false);
      return [search, list, foot];
    },
  });

  /** The next accounts that fit. The server lists by name alone, so what is sought is sifted here, page after page. */
  async function read(cursor) {
    const found = [];
    let next = cursor;
    do {
      const query = new URLSearchParams({ limit: sought ? SIFTED : PAGE });
      if (next) query.set('cursor', next);
      const page = await call('GET', `${PATH}?${query}`);
      found.push(...page.items.filter(fits));
      next = page.next_cursor;
    } while (next && found.length < PAGE);
    return { items: found, next_cursor: next };
  }

  function fits({ username, email }) {
    const part = sought.toLowerCase();
    return username.toLowerCase().includes(part) || email.toLowerCase().includes(part);
  }
}

function row(user, panel) {
  const own = user.id === session.user?.id;
  const element = h('li', { class: 'row user', test: 'user', 'data-email': user.email });

  const change = async (wanted, said) => {
    const answer = await call('PATCH', `${PATH}/${encodeURIComponent(user.id)}`, { body: wanted });
    const next = row(answer.user ?? user, panel);
    const held = element.contains(document.activeElement) || document.activeElement === document.body;
    element.replaceWith(next);
    if (held) (next.querySelector('button, select') ?? panel).focus();
    announce(typeof said === 'function' ? said(answer) : said);
  };

  const choice = (name, label, values, sentence) => {
    const id = uid(name);
    const select = h('select', { id, disabled: own && name === 'role', test: `user-${name}` },
      values.map((value) => h('option', { value, selected: value === user[name] }, value)));
    select.addEventListener('change', async () => {
      clearNotice(panel.box);
      select.setAttribute('aria-busy', 'true');
      try {
        await change({ [name]: select.value }, `${user.username}: ${name} is ${select.value}.`);
      } catch (error) {
        select.value = user[name];
        showError(panel.box, error);
      } finally {
        select.removeAttribute('aria-busy');
      }
    });
    return h('div', { class: 'field small-field' }, h('label', { for: id }, label, h('span', { class: 'visually-hidden' }, ` of ${user.username}`)), select);
  };

  const action = (text, test, question, wanted, said) => actionButton({ text, test, kind: 'quiet', name: `${text}: ${user.username}`, box: panel.box }, async () => {
    if (question && !(await ask({ ...question, yes: text }))) return;
    await change(wanted, said);
  });

  element.append(
    h('div', { class: 'row-text' },
      h('p', { class: 'row-name' }, h('strong', {}, user.username),
        own && h('span', { class: 'tier' }, 'You'),
        user.is_disabled && h('span', { class: 'tier few', test: 'user-disabled' }, 'Disabled'),
        !user.is_verified && h('span', { class: 'tier off' }, 'Not verified')),
      h('p', { class: 'meta' }, h('span', {}, user.email), h('span', {}, `since ${onDate(user.created_at)}`))),
    choice('role', 'Role', ROLES),
    choice('tier', 'Tier', TIERS),
    h('div', { class: 'row-actions' },
      action('End sessions', 'user-end-sessions', null, { end_sessions: true }, ({ sessions_ended: ended }) => `${user.username}: ${ended === 1 ? 'one session' : `${ended ?? 0} sessions`} ended.`),
      own ? null : action('Remove factors', 'user-remove-factors', { title: 'Remove second factors?', text: `${user.username} then signs in with the password alone, until a new factor is set up. They are told by mail. Be sure who asked you.` }, { remove_factors: true }, `${user.username}: second factors removed.`),
      own ? null : user.is_disabled
        ? action('Enable', 'user-enable', null, { disabled: false }, `${user.username} may sign in again.`)
        : action('Disable', 'user-disable', { title: 'Disable this account?', text: `${user.username} is signed out everywhere at once and can’t sign in until the account is enabled again.` }, { disabled: true }, `${user.username} is disabled.`)));
  return element;
}
