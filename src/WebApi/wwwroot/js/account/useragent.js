// A device as its owner knows it: "Firefox on Windows".

// The first that fits counts: most browsers also name those that they resemble.
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'], [/\bOPR\/|\bOpera\b/, 'Opera'], [/\bSamsungBrowser\//, 'Samsung Internet'], [/\bVivaldi\//, 'Vivaldi'],
  [/\bFxiOS\/|\bFirefox\//, 'Firefox'], [/\bHeadlessChrome\/|\bChromium\//, 'Chromium'], [/\bCriOS\/|\bChrome\//, 'Chrome'], [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'], [/^python|\bhttpx\//i, 'A Python script'], [/\bPowerShell\//, 'PowerShell'], [/^(?:axios|node|undici)/i, 'A Node.js script'],
];
const SYSTEMS = [
  [/\biPhone\b/, 'iPhone'], [/\biPad\b/, 'iPad'], [/\bAndroid\b/, 'Android'], [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'], [/\bMac OS X\b|\bMacintosh\b/, 'macOS'], [/\bLinux\b/, 'Linux'],
];

const find = (list, text) => list.find(([pattern]) => pattern.test(text))?.[1];

/** The server's own name for it, else what its user agent tells. */
export function deviceName({ device, user_agent: agent }) {
  if (device) return device;
  if (!agent) return 'An unknown device';
  const browser = find(BROWSERS, agent);
  const system = find(SYSTEMS, agent);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? (system ? `A browser on ${system}` : agent.slice(0, 40));
}
