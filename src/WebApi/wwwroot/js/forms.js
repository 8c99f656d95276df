// The parts that forms are made of: labelled fields, a button that shows its work, a box for refusals.

import { announce, h } from './dom.js';
import { clearMarks, clearNotice, markField, showError } from './notice.js';

// Work that is done within a beat needs no sign that it is under way.
const BEAT = 400;
const SPEAK_AT = 3;

let count = 0;

/** An id that no other element has. */
export const uid = (name) => `${name}-${++count}`;

/**
 * A labelled control. `hint` stands below it, `wrong` is said where the browser finds the value invalid; all else are
 * attributes of the control.
 */
export function field({ name, label, hint, wrong, tag = 'input', options, ...attributes }) {
  const id = uid(name);
  const control = h(tag, {
    id, name, 'data-wrong': wrong, 'aria-describedby': hint && `${id}-hint`, autocapitalize: tag === 'input' && 'none', ...attributes,
  }, options?.map(([value, text]) => h('option', { value }, text)) ?? []);
  return h('div', { class: 'field' }, h('label', { for: id }, label), control, hint && h('p', { class: 'hint', id: `${id}-hint` }, hint));
}

/** A password's field, with the button that shows it. */
export function secretField(properties) {
  const part = field({ type: 'password', spellcheck: 'false', required: true, ...properties });
  const input = part.querySelector('input');
  const show = h('button', { class: 'button quiet inset', type: 'button', 'aria-pressed': 'false', 'aria-controls': input.id, 'aria-label': 'Show password' }, 'Show');
  show.addEventListener('click', () => {
    const shown = input.type === 'password';
    input.type = shown ? 'text' : 'password';
    show.setAttribute('aria-pressed', String(shown));
    show.textContent = shown ? 'Hide' : 'Show';
  });
  const holder = h('div', { class: 'with-button' });
  input.replaceWith(holder);
  holder.append(input, show);
  return part;
}

/** The field for an authenticator's six digits. */
export const codeField = (properties) => field({
  name: 'code', label: 'Code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 10, required: true, class: 'code-input',
  spellcheck: 'false', wrong: 'The six digits that your authenticator app shows now, please.', ...properties,
});

/** A box to tick, with its words. */
export function checkField({ name, label, hint, ...attributes }) {
  const id = uid(name);
  return h('div', { class: 'check' },
    h('input', { id, name, type: 'checkbox', 'aria-describedby': hint && `${id}-hint`, ...attributes }),
    h('label', { for: id }, label, hint && h('span', { class: 'hint', id: `${id}-hint` }, ` ${hint}`)));
}

/** Does the work while the button shows that it is under way; a second press meanwhile does nothing. */
export async function working(button, work) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  let beats = 0;
  const beat = setInterval(() => {
    // While a dialog over the button waits for an answer, nothing is under way here.
    const busy = isOnTop(button);
    beats = busy ? beats + 1 : 0;
    button.toggleAttribute('data-working', busy);
    if (beats === SPEAK_AT) announce('One moment.');
  }, BEAT);
  try {
    await work();
  } finally {
    clearInterval(beat);
    button.removeAttribute('aria-disabled');
    button.removeAttribute('data-working');
  }
}

const isOnTop = (element) => ([...document.querySelectorAll('dialog[open]')].at(-1) ?? null) === element.closest('dialog');

/** A button whose work may be refused; the refusal stands in the box. */
export function actionButton({ text, test, kind = '', box, name }, work) {
  const button = h('button', { class: `button ${kind}`.trim(), type: 'button', test, 'aria-label': name }, text);
  button.addEventListener('click', () => working(button, async () => {
    clearNotice(box);
    try {
      await work(button);
    } catch (error) {
      showError(box, error);
    }
  }));
  return button;
}

export const noticeBox = () => h('div', { class: 'notice', test: 'error', hidden: true });

/**
 * A form that checks its fields, sends them once and says by field what was refused.
 * @param {object} form
 *   parts: the fields; button, test, kind: of the button that sends; extra: what stands beside it;
 *   submit: gets the values by name; explain: turns an error into sentences by field, or null.
 */
export function createForm({ parts, button, test, kind = 'primary', extra = [], submit, explain = () => null, label }) {
  const box = noticeBox();
  const send = h('button', { class: `button ${kind}`, type: 'submit', test }, button);
  const form = h('form', { method: 'post', action: '/', novalidate: true, 'aria-label': label },
    parts, box, h('div', { class: 'form-buttons' }, send, extra));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearNotice(box);
    if (!check(form)) return;
    working(send, async () => {
      try {
        await submit(values(form), form);
      } catch (error) {
        refuse(form, box, error, explain(error));
      }
    });
  });
  return form;
}

function check(form) {
  clearMarks(form);
  const wrong = [...form.elements].filter((control) => control.willValidate && !control.validity.valid);
  for (const control of wrong) markField(control, control.dataset.wrong ?? control.validationMessage);
  wrong[0]?.focus();
  return wrong.length === 0;
}

function refuse(form, box, error, sentences) {
  const marked = Object.entries(sentences ?? {}).filter(([name, sentence]) => markField(control(form, name), sentence));
  if (marked.length === 0) showError(box, error, (name) => control(form, name));
  form.querySelector('[aria-invalid]')?.focus();
}

/** The control of that name; of a group of boxes the first. */
function control(form, name) {
  const found = form.elements.namedItem(name);
  return found instanceof RadioNodeList ? found[0] : found;
}

/** What the fields hold, by name; a group of boxes gives the list of those ticked. */
function values(form) {
  const all = {};
  for (const control of form.elements) {
    if (!control.name || control.disabled) continue;
    if (control.type !== 'checkbox') all[control.name] = control.value;
    else if (control.value === 'on') all[control.name] = control.checked;
    else all[control.name] = [...(all[control.name] ?? []), ...(control.checked ? [control.value] : [])];
  }
  return all;
}

/** A button that puts text into the clipboard and says so. */
export function copyButton(text, { test, name = 'Copy' } = {}) {
  const button = h('button', { class: 'button', type: 'button', test }, name);
  let back;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
      announce('Copied.');
    } catch {
      // No right to the clipboard: the text can still be marked by hand.
      announce('The browser doesn’t allow copying. Select the text instead.');
      button.textContent = 'Select it instead';
    }
    clearTimeout(back);
    back = setTimeout(() => { button.textContent = name; }, 3000);
  });
  return button;
}

/** Saves text that exists only here as a file. */
export function saveText(name, text, type = 'text/plain') {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h('a', { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
