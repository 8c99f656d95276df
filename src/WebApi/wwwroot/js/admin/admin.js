// The admins' page: what the machines do, people, and what has happened.

import { createPages } from '../panel.js';
import { createAudit } from './audit.js';
import { createUsers } from './users.js';
import { createWork } from './work.js';

/** Makes the page inside its element; `open` and `close` are its life. */
export const openAdmin = (root) => createPages({
  root,
  name: 'admin',
  title: 'Administration',
  panels: () => [createWork(), createUsers(), createAudit()],
});
