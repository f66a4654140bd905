import type { MaintenanceClientOptions } from './index.js';

type Check = readonly [accepted: string, valid: (value: unknown) => boolean];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const CHECKS: Readonly<Record<keyof MaintenanceClientOptions, Check>> = {
  url: ['an http:// or https:// URL', isWebUrl],
  namespace: ['a namespace such as "/maintenance"', isText],
  path: ['a path such as "/socket.io"', isText],
  pingUrl: ['a path, a URL or null', (value) => value === null || isText(value)],
  io: ['io of socket.io-client, or null', (value) => value === null || typeof value === 'function'],
  auth: ['anything', () => true],
};

/** @throws TypeError that names the first option that is wrong or unknown, what was received and what is accepted */
export function checkOptions(options: MaintenanceClientOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrong('options', options, 'an object');
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw new TypeError(
        `Unknown option "${name}" of createMaintenanceClient(); accepted: ${Object.keys(CHECKS).join(', ')}.`,
      );
    }
    const [accepted, valid] = CHECKS[name as keyof MaintenanceClientOptions];
    if (value !== undefined && !valid(value)) {
      throw wrong(`"${name}"`, value, accepted);
    }
  }
  if (options.io === null && options.pingUrl === null) {
    throw new TypeError(
      'createMaintenanceClient() received null as "io" and as "pingUrl"; accepted: one of them, as the way to the server.',
    );
  }
}

function isWebUrl(value: unknown): boolean {
  try {
    return typeof value === 'string' && /^https?:$/.test(new URL(value).protocol);
  } catch {
    return false;
  }
}

function wrong(option: string, value: unknown, accepted: string): TypeError {
  const received = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new TypeError(`createMaintenanceClient() received ${received} as ${option}; accepted: ${accepted}.`);
}
