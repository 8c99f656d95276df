// What the tabs of one browser tell each other. A message says whose tasks it speaks of; others' are dropped.

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('musicgen') : null;
const listeners = new Map();

channel?.addEventListener('message', ({ data }) => {
  for (const listener of listeners.get(data?.type) ?? []) listener(data);
});

/** Tells the other tabs; the sender itself doesn't hear it. */
export function tell(type, content = {}) {
  channel?.postMessage({ type, ...content });
}

/** Hears what other tabs tell. */
export function hear(type, listener) {
  listeners.set(type, [...(listeners.get(type) ?? []), listener]);
}
