// One request to the server: CSRF token, time limit, and every failure as an ApiError.

const SHORT_WAIT = 2;
const MOST_WAITS = 3;

let csrf = null;
let skew = 0;

/** A refusal (RFC 9457 problem), or no answer at all: code `network` or `timeout`, status 0. */
export class ApiError extends Error {
  constructor({ status = 0, code = 'network', title = '', detail = '', errors = {}, traceId = '', retryAfter = null }) {
    super(detail || title || code);
    Object.assign(this, { name: 'ApiError', status, code, title, detail, errors, traceId, retryAfter });
  }

  /** Whether the server may or may not have done what was asked, so that only the same request may go again. */
  get isUnsettled() {
    return this.status === 0 || this.status >= 500;
  }
}

export function setCsrf(token) {
  if (token) csrf = token;
}

export function forgetCsrf() {
  csrf = null;
}

/** Now, in milliseconds, by the server's clock: a browser's own may be minutes off. */
export const serverNow = () => Date.now() + skew;

/**
 * Sends one request and reads the whole answer.
 * @param {{body?: object|string, headers?: object, timeout?: number, probe?: boolean, stream?: boolean, signal?: AbortSignal}} options
 *   body: an object, or JSON text as it shall go out; timeout in ms; probe: only the status matters, the body is dropped;
 *   stream: the answer is the Response, its body still to come; signal: ends the request.
 */
export async function send(method, path, options = {}) {
  const unsafe = method !== 'GET';
  for (let waits = 0, isRenewed = false; ;) {
    if (unsafe && !csrf) await fetchCsrf();
    try {
      return await exchange(method, path, options, unsafe);
    } catch (error) {
      // A few requests at once, as one press of a button can make, are only a moment too fast; those that were refused
      // together come back together, and some of them are again.
      if (waits < MOST_WAITS && error.code === 'rate_limit.exceeded' && error.retryAfter !== null && error.retryAfter <= SHORT_WAIT) {
        waits += 1;
        await new Promise((resolve) => { setTimeout(resolve, error.retryAfter * 1000); });
        continue;
      }
      // The token may be of a session that another tab has since opened or ended: ask which one counts, once.
      const stale = unsafe && !isRenewed && (error.code === 'csrf.missing' || error.code === 'csrf.invalid');
      if (!stale) throw error;
      isRenewed = true;
      await fetchCsrf();
    }
  }
}

async function fetchCsrf() {
  const answer = await exchange('GET', '/api/auth/csrf-token', {}, false);
  csrf = answer.csrfToken;
}

async function exchange(method, path, { body, headers = {}, timeout = 30000, probe = false, stream = false, signal }, unsafe) {
  const sent = { Accept: 'application/json', ...headers };
  if (unsafe) sent['X-CSRF-Token'] = csrf;
  if (body !== undefined) sent['Content-Type'] = 'application/json';
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeout);
  signal?.addEventListener('abort', () => abort.abort());
  try {
    const response = await fetch(path, {
      method,
      headers: sent,
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: abort.signal,
    });
    const date = Date.parse(response.headers.get('Date') ?? '');
    // The header counts whole seconds: below two there is nothing to correct.
    if (Number.isFinite(date)) skew = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now();
    if (!response.ok) throw await problem(response);
    if (probe) return null;
    if (stream) return response;
    const text = await response.text();
    return text === '' ? null : parse(text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError({ code: abort.signal.aborted ? 'timeout' : 'network' });
  } finally {
    clearTimeout(timer);
    if (probe) abort.abort();
  }
}

/** Seeds reach 2^63-1, beyond what a JavaScript number holds exactly; such a one stays text, digit for digit. */
function parse(text) {
  return JSON.parse(text, (key, value, context) =>
    key === 'seed' && typeof value === 'number' && !Number.isSafeInteger(value) && context?.source
      ? context.source
      : value);
}

async function problem(response) {
  let body = {};
  try {
    body = JSON.parse(await response.text()) ?? {};
  } catch {
    // A proxy's own page, or nothing: the status alone has to do.
  }
  return new ApiError({
    status: response.status,
    code: body.code ?? `http.${response.status}`,
    title: body.title,
    detail: body.detail,
    errors: body.errors,
    traceId: body.trace_id ?? response.headers.get('X-Request-ID') ?? '',
    retryAfter: retryAfter(response.headers.get('Retry-After')),
  });
}

/** Seconds to wait, or null where the answer doesn't say; the header holds seconds or a date. */
function retryAfter(value) {
  if (value === null) return null;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - serverNow()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}
