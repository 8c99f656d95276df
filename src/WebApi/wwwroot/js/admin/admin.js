// The admins' page: people, and what has happened.

import { createPages } from '../panel.js';
import { createAudit } from './audit.js';
import { createUsers } from './users.js';

/** Makes the page inside its element; `open` and `close` are its life. */
export const openAdmin = (root) => createPages({
  root,
  name: 'admin',
  title: 'Administration',
  panels: () => [createUsers(), createAudit()],
});
