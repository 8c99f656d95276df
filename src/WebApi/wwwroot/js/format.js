// Numbers and times as people read them.

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const number = new Intl.NumberFormat();

/** 75 → "1:15" */
export function clockTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 0.0005));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** 75 → "1 minute 15 seconds": a slider's value as it is spoken. */
export function spokenTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 0.0005));
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  const part = (count, unit) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (minutes === 0) return part(rest, 'second');
  return rest === 0 ? part(minutes, 'minute') : `${part(minutes, 'minute')} ${part(rest, 'second')}`;
}

/** A wait, rounded so that it never promises too little: 95 → "2 min". */
export function wait(seconds) {
  if (seconds < 1) return 'a moment';
  if (seconds <= 90) return `${Math.ceil(seconds)} s`;
  if (seconds <= 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

/** A length of sound: 1800 → "30 min". */
export function length(seconds) {
  if (seconds < 120) return `${number.format(Math.round(seconds * 10) / 10)} s`;
  return `${number.format(Math.floor(seconds / 60))} min`;
}

export const count = (value) => number.format(value);

/** "3 minutes ago" */
export function ago(iso, now = Date.now()) {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (!Number.isFinite(seconds)) return '';
  const past = Math.min(0, seconds);
  if (past > -45) return 'just now';
  if (past > -3600) return relative.format(Math.round(past / 60), 'minute');
  if (past > -86400) return relative.format(Math.round(past / 3600), 'hour');
  return relative.format(Math.round(past / 86400), 'day');
}

/** When something resets: a time today, or with the day where it is further off. */
export function moment(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  return (at - Date.now() < 64800000 ? clock : day).format(at);
}

const written = (format) => (iso) => {
  const at = new Date(iso ?? NaN);
  return Number.isNaN(at.getTime()) ? '' : format.format(at);
};

/** "24 Nov 2026" */
export const onDate = written(date);

/** "24 Nov 2026, 09:00" */
export const atTime = written(dateTime);

/** The same to the second: for trails. */
export const atSecond = written(precise);

/** 1536 → "1.5 kB" */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return '';
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: value < 10 && power > 0 ? 1 : 0 }).format(value)} ${units[power]}`;
}
