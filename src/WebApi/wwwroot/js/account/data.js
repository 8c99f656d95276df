// The account's data as one archive: asked for, watched while it is made, fetched.

import { serverNow } from '../api.js';
import { announce, h } from '../dom.js';
import { actionButton } from '../forms.js';
import { ago, atTime, size } from '../format.js';
import { showError } from '../notice.js';
import { createPanel } from '../panel.js';
import { call } from '../session.js';

const LOOK_AGAIN = 2000;
const PATH = '/api/v1/account/export';

const isRunning = ({ status }) => status === 'pending' || status === 'running';
const isKept = ({ status, expires_at: end }) => status === 'completed' && Date.parse(end) > serverNow();

export function createData() {
  let timer;

  return createPanel({
    id: 'data',
    title: 'Your data',
    lead: 'Everything that this server holds about you, your music included, in one ZIP archive that programs can read.',
    load: () => call('GET', PATH),
    show: ({ items }, panel) => {
      clearTimeout(timer);
      const running = items.find(isRunning);
      if (running) watch(running.id, panel);
      return [
        items.length > 0 ? h('ul', { class: 'rows' }, items.map((item) => row(item, panel))) : null,
        running ? null : h('div', { class: 'form-buttons' }, actionButton({ text: 'Make an export', test: 'export-new', box: panel.box }, async () => {
          await call('POST', PATH);
          panel.acted = true;
          await panel.refresh();
          announce('Your export is being made.');
        })),
      ];
    },
  });

  function watch(id, panel) {
    timer = setTimeout(async () => {
      // The page was left meanwhile: nobody watches any more.
      if (!panel.element.isConnected) return;
      try {
        const item = await call('GET', `${PATH}/${encodeURIComponent(id)}/status`);
        if (isRunning(item)) {
          panel.element.querySelector(`[data-id="${CSS.escape(id)}"] progress`)?.setAttribute('value', item.progress ?? 0);
          watch(id, panel);
          return;
        }
        await panel.refresh();
        announce(item.status === 'completed' ? 'Your export is ready.' : 'Your export could not be made.');
      } catch (error) {
        if (error.status === 404) await panel.refresh();
        else showError(panel.box, error);
        if (error.isUnsettled) watch(id, panel);
      }
    }, LOOK_AGAIN);
  }
}

function row(item, panel) {
  const name = `Export of ${atTime(item.created_at)}`;
  const facts = isKept(item)
    ? [h('span', {}, size(item.bytes)), h('span', {}, `kept until ${atTime(item.expires_at)}`)]
    : item.status === 'failed' ? 'could not be made; ask for it again' : 'no longer kept';
  return h('li', { class: 'row', test: 'export', 'data-id': item.id, 'data-status': item.status },
    h('div', { class: 'row-text' },
      h('p', { class: 'row-name' }, h('strong', {}, name)),
      isRunning(item)
        ? [h('progress', { max: 1, value: item.progress ?? 0, 'aria-label': 'Progress of the export' }), h('p', { class: 'meta' }, `being made, asked for ${ago(item.created_at)}`)]
        : h('p', { class: 'meta' }, facts)),
    isKept(item) ? actionButton({ text: 'Download', test: 'export-download', name: `Download: ${name}`, box: panel.box }, () => fetchArchive(item.id)) : null);
}

async function fetchArchive(id) {
  const path = `${PATH}/${encodeURIComponent(id)}`;
  // The beginning first: a refusal can be told in words, and an ended token renewed, which a plain link can't do.
  await call('GET', path, { headers: { Range: 'bytes=0-0', Accept: '*/*' }, probe: true });
  const link = h('a', { href: path, download: '', hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}
