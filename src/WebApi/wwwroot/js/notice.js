// The box that shows a refusal: a sentence that is read out once, a countdown that isn't, and small print.

import { h, icon } from './dom.js';
import { wait } from './format.js';
import { inWords } from './messages.js';

const timers = new WeakMap();

/** Empties the box. */
export function clearNotice(box) {
  clearInterval(timers.get(box));
  box.replaceChildren();
  box.hidden = true;
  box.removeAttribute('data-code');
}

/**
 * Shows a refusal in the box, and marks the fields it names.
 * @param {HTMLElement} box where
 * @param {Error} error an ApiError
 * @param {(field: string) => HTMLElement|null} [fieldOf] the control of a wire field
 */
export function showError(box, error, fieldOf = () => null) {
  clearNotice(box);
  // Somebody who called a question off knows it.
  if (error.code === 'step_up.cancelled') return;
  box.hidden = false;
  box.dataset.code = error.code ?? 'unknown';
  box.className = 'notice notice-bad';
  const text = h('div', { class: 'notice-text' }, h('p', { role: 'alert' }, inWords(error),
    error.retryAfter > 0 && h('span', { class: 'visually-hidden' }, ` Try again in ${wait(error.retryAfter)}.`)));
  box.append(icon('alert'), text);

  const loose = [];
  for (const [field, messages] of Object.entries(error.errors ?? {})) {
    const sentence = [].concat(messages).join(' ');
    if (!markField(fieldOf(field), sentence)) loose.push(h('li', {}, `${field}: ${sentence}`));
  }
  if (loose.length > 0) text.append(h('ul', {}, loose));
  if (error.retryAfter > 0) text.append(countdown(box, error.retryAfter));
  if (error.status >= 500 && error.traceId) {
    text.append(h('p', { class: 'small-print' }, 'Number: ', h('code', {}, error.traceId)));
  }
}

/** Shows good news, or a hint, in the box. */
export function showInfo(box, sentence) {
  clearNotice(box);
  box.hidden = false;
  box.className = 'notice notice-good';
  box.append(icon('check'), h('div', { class: 'notice-text' }, h('p', { role: 'status' }, sentence)));
}

function countdown(box, seconds) {
  const end = performance.now() + seconds * 1000;
  const line = h('p', { class: 'countdown', 'data-testid': 'retry-after' });
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    line.textContent = left > 0 ? `Ready again in ${wait(left)}` : 'You can try again now.';
    if (left <= 0) clearInterval(timers.get(box));
  };
  timers.set(box, setInterval(tick, 1000));
  tick();
  return line;
}

/** Writes the message under a field; false where there is no such field to be seen. */
export function markField(control, sentence) {
  if (!control || control.closest('[hidden]')) return false;
  const id = `${control.id}-error`;
  let line = document.getElementById(id);
  if (!line) {
    line = h('p', { id, class: 'field-error' });
    (control.closest('.field') ?? control.parentElement).append(line);
  }
  line.textContent = sentence;
  control.setAttribute('aria-invalid', 'true');
  const described = new Set((control.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)).add(id);
  control.setAttribute('aria-describedby', [...described].join(' '));
  return true;
}

/** Takes all marks off the fields of a form. */
export function clearMarks(form) {
  for (const line of form.querySelectorAll('.field-error')) line.remove();
  for (const control of form.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid');
    const left = (control.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== `${control.id}-error`);
    if (left.length > 0) control.setAttribute('aria-describedby', left.join(' '));
    else control.removeAttribute('aria-describedby');
  }
}
