// Sign up, sign in, forgotten passwords, and the links that come by mail.

import { ApiError, forgetCsrf, send } from './api.js';
import { announce, byId, setText } from './dom.js';
import { working } from './forms.js';
import { clearMarks, clearNotice, markField, showError, showInfo } from './notice.js';
import { showSecondStep, signInWithPasskey } from './secondstep.js';
import { login, register } from './session.js';
import { canUsePasskeys } from './webauthn.js';

const SHORTEST = 15;
const LONGEST = 128;

const MODES = {
  signup: { button: 'Create account', password: 'Password' },
  signin: { button: 'Sign in', password: 'Password' },
  forgot: { button: 'Send me a link', heading: 'Forgot your password?', hint: 'Tell us your e-mail. If there is an account, a link to set a new password is on its way.' },
  reset: { button: 'Set password', password: 'New password', heading: 'Set a new password', hint: 'All other sessions of your account end with it.' },
  second: { heading: 'One more step' },
  mail: { heading: 'Look into your mail', hint: 'We have sent a link. Follow it to confirm your address, then sign in here.' },
};

const form = byId('auth-form');
const box = byId('auth-error');
const tabs = { signup: byId('signup-tab'), signin: byId('signin-tab') };
const field = (name) => form.elements.namedItem(name);

let mode = 'signup';
let resetToken = null;
let finished = async () => {};
let busy = false;

/** Wires the forms; `welcome` is called after somebody signed in here. */
export function startAuth(welcome) {
  for (const [name, tab] of Object.entries(tabs)) tab.addEventListener('click', () => setMode(name));
  byId('auth-tabs').addEventListener('keydown', (event) => {
    if (!['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return;
    event.preventDefault();
    setMode(event.key === 'Home' ? 'signup' : event.key === 'End' ? 'signin' : mode === 'signup' ? 'signin' : 'signup');
    tabs[mode].focus();
  });
  byId('forgot').addEventListener('click', () => { setMode('forgot'); field('email').focus(); });
  byId('back-to-signin').addEventListener('click', () => {
    setMode('signin');
    field('email').focus();
    finished();
  });
  byId('show-password').addEventListener('click', () => reveal(field('password').type === 'password'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(welcome);
  });
  if (!canUsePasskeys) byId('signin-passkey').remove();
  byId('signin-passkey')?.addEventListener('click', ({ currentTarget }) => working(currentTarget, async () => {
    clearNotice(box);
    clearMarks(form);
    try {
      await signInWithPasskey(field('remember').checked);
      form.reset();
      welcome();
    } catch (error) {
      showError(box, error.code === 'auth.invalid_credentials' ? new ApiError({ code: 'passkey.unknown' }) : error);
    }
  }));
  setMode('signup');
}

/** Shows one of the forms. */
export function setMode(next) {
  mode = next;
  const { button, password, heading, hint } = MODES[mode];
  clearNotice(box);
  clearMarks(form);
  reveal(false);
  for (const part of form.querySelectorAll('[data-for]')) part.hidden = !part.dataset.for.split(' ').includes(mode);
  form.hidden = mode === 'mail' || mode === 'second';
  byId('second-step').replaceChildren();
  byId('auth-tabs').hidden = Boolean(heading);
  byId('auth-heading').hidden = !heading;
  byId('auth-hint').hidden = !hint;
  setText(byId('auth-heading'), heading ?? '');
  setText(byId('auth-hint'), hint ?? '');
  setText(byId('submit-auth'), button ?? '');
  setText(byId('password-label'), password ?? '');
  byId('password-hint').hidden = mode === 'signin';
  field('password').autocomplete = mode === 'signin' ? 'current-password' : 'new-password';
  byId('forgot').hidden = mode !== 'signin';
  byId('back-to-signin').hidden = !heading;

  const panel = byId('auth-panel');
  if (heading) {
    panel.removeAttribute('role');
    panel.removeAttribute('aria-labelledby');
  } else {
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tabs[mode].id);
  }
  for (const [name, tab] of Object.entries(tabs)) {
    tab.setAttribute('aria-selected', String(name === mode));
    tab.tabIndex = name === mode ? 0 : -1;
  }
}

/** Empties the forms, so that nothing of one person is left for the next. */
export function leaveAuth() {
  form.reset();
  setMode('signin');
}

export const say = (sentence) => showInfo(box, sentence);

/**
 * Takes the token of a mailed link out of the address: `/verify-email#T`, `/reset-password#T`, `#verify=T`, `#reset=T`.
 * Returns {kind, token} or null.
 */
export function takeLink() {
  const hash = plain(location.hash.slice(1));
  const path = location.pathname.replace(/\/$/, '');
  const kinds = { '/verify-email': 'verify', '/reset-password': 'reset' };
  const named = /^(verify|reset)=(.+)$/.exec(hash);
  const link = named ? { kind: named[1], token: named[2] } : kinds[path] && hash ? { kind: kinds[path], token: hash } : null;
  // The token must not stay in the history, nor be sent on by a copied address.
  if (link || kinds[path]) history.replaceState(null, '', '/');
  return link;
}

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray percent sign; the server will say what it thinks of it.
  }
}

/** Does what a mailed link is for; `after` is called when that is over. */
export async function followLink({ kind, token }, after) {
  finished = after;
  if (kind === 'reset') {
    resetToken = token;
    setMode('reset');
    field('password').focus();
    return;
  }
  setMode('signin');
  try {
    await send('POST', '/api/auth/verify-email', { body: { token } });
    say('Your e-mail is confirmed. Sign in to begin.');
    announce('Your e-mail is confirmed.');
    field('email').focus();
    await finished();
  } catch (error) {
    showError(box, error);
  }
}

function reveal(shown) {
  field('password').type = shown ? 'text' : 'password';
  byId('show-password').setAttribute('aria-pressed', String(shown));
  byId('show-password').setAttribute('aria-label', 'Show password');
  setText(byId('show-password'), shown ? 'Hide' : 'Show');
}

function check() {
  clearMarks(form);
  const wrong = [];
  const refuse = (name, sentence) => {
    if (markField(field(name), sentence)) wrong.push(field(name));
  };
  if (!field('email').validity.valid) refuse('email', 'An e-mail address, please, like name@example.org.');
  if (!field('username').validity.valid) refuse('username', '3 to 32 letters, digits or underscores, please.');
  const size = [...field('password').value].length;
  if (mode === 'signin') {
    if (size === 0) refuse('password', 'Your password, please.');
  } else if (size < SHORTEST || size > LONGEST) {
    refuse('password', `${SHORTEST} to ${LONGEST} characters, please; that is ${size}.`);
  }
  wrong[0]?.focus();
  return wrong.length === 0;
}

async function submit(welcome) {
  if (busy || !check()) return;
  clearNotice(box);
  busy = true;
  byId('submit-auth').setAttribute('aria-disabled', 'true');
  try {
    await WORK[mode](welcome);
  } catch (error) {
    showError(box, error, (name) => field(name === 'new_password' ? 'password' : name));
    form.querySelector('[aria-invalid]')?.focus();
  } finally {
    busy = false;
    byId('submit-auth').removeAttribute('aria-disabled');
  }
}

const WORK = {
  async signup(welcome) {
    const answer = await register(field('email').value.trim(), field('username').value.trim(), field('password').value);
    form.reset();
    if (answer.user) {
      welcome();
    } else {
      setMode('mail');
      byId('auth-heading').focus();
    }
  },
  async signin(welcome) {
    const answer = await login(field('email').value.trim(), field('password').value, field('remember').checked);
    if (answer.success === false) {
      form.reset();
      setMode('second');
      showSecondStep(byId('second-step'), answer, () => {
        setMode('signin');
        welcome();
      });
      return;
    }
    form.reset();
    welcome();
  },
  async forgot() {
    await send('POST', '/api/auth/forgot-password', { body: { email: field('email').value.trim() } });
    setMode('signin');
    say('If there is an account with this e-mail, a link is on its way. It works once and not for long.');
  },
  async reset() {
    await send('POST', '/api/auth/reset-password', { body: { token: resetToken, new_password: field('password').value } });
    resetToken = null;
    form.reset();
    forgetCsrf();
    setMode('signin');
    say('Your new password is set. Sign in with it.');
    field('email').focus();
    await finished();
  },
};

/** The picture beside the forms: the sentence's music, always the same. */
export function paintHero() {
  const canvas = byId('hero-wave');
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width === 0) return;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const count = Math.floor(width / 7);
  for (let bar = 0; bar < count; bar++) {
    const at = bar / count;
    const swell = Math.sin(Math.PI * at) ** 0.7;
    const beat = 0.35 + 0.4 * Math.abs(Math.sin(bar * 0.55)) + 0.25 * Math.abs(Math.sin(bar * 1.7 + 1));
    const tall = Math.max(3, swell * beat * height);
    context.fillStyle = style.getPropertyValue(at < 0.38 ? '--wave-on' : '--wave').trim();
    context.beginPath();
    context.roundRect(bar * 7, (height - tall) / 2, 4, tall, 2);
    context.fill();
  }
  context.fillStyle = style.getPropertyValue('--cursor').trim();
  context.fillRect(Math.round(count * 0.38) * 7 - 2, 0, 2, height);
}
