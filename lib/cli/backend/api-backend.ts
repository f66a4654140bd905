import { setTimeout as delay } from 'node:timers/promises';
import type { MaintenanceQuiet } from '../../core/cluster/quiet.js';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { MaintenanceReplica } from '../../core/service/replica.js';
import { CliError, EXIT, usage } from '../exit.js';
import type { Settings } from '../settings.js';
import { parseDuration } from '../time.js';
import { findingsOfKeys, findingsOfReplicas } from './findings.js';
import type { Backend, ChangeResult, Finding, KeyChange, WatchEvent } from './backend.js';

/** Milliseconds that an answer may take, besides what was asked to be waited for. */
const TIMEOUT = 10_000;
/** Milliseconds between two looks of `watch`, and while waiting until it is quiet. */
const POLL_INTERVAL = 1_000;

/** An answer as JSON knows it. */
type Json<T> = { [Key in keyof T]: T[Key] extends Date | null ? string | null : T[Key] };

/** By the admin API of a running application. */
export class ApiBackend implements Backend {
  readonly way = 'api';
  readonly place: string;
  private readonly base: URL;
  private readonly headers: Headers;
  private readonly timeout: number;

  constructor({ url = '', headers, commandTimeout }: Settings) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw usage(
        `--url: ${JSON.stringify(url)} is no URL of an admin API; accepted: https://shop.example/maintenance.`,
      );
    }
    this.base = new URL(url.replace(/\/*$/, '/'));
    this.headers = parseHeaders(headers);
    if (this.base.username) {
      const { username, password } = this.base;
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      this.headers.set('Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
      this.base.username = this.base.password = '';
    }
    this.place = `the admin API at ${this.base.href.replace(/\/$/, '')}`;
    this.timeout =
      commandTimeout === undefined ? TIMEOUT : parseDuration(commandTimeout, '--command-timeout');
  }

  async keys(): Promise<MaintenanceKeyJson[]> {
    const keys = await this.ask<Record<string, MaintenanceKeyJson>>('GET', 'keys');
    return Object.values(keys).toSorted((a, b) => a.order - b.order);
  }

  key(name: string): Promise<MaintenanceKeyJson> {
    return this.ask('GET', `keys/${encodeURIComponent(name)}`);
  }

  async set(name: string, change: KeyChange): Promise<ChangeResult> {
    const { mode, timeout, until, message, reason, onlyIfOn, acknowledge, callHooks } = change;
    if (acknowledge !== undefined || callHooks === false) {
      throw usage(
        `${acknowledge === undefined ? '--no-hooks' : '--acknowledge'} is for --redis: the admin API has no such option.`,
      );
    }
    type Answer = MaintenanceKeyJson & { change: Omit<ChangeResult, 'key'> };
    const { change: made, ...key } = await this.ask<Answer>('PATCH', `keys/${encodeURIComponent(name)}`, {
      ...(!onlyIfOn && { mode }),
      timeout,
      until: until?.toISOString(),
      message,
      reason,
    });
    return { ...made, key };
  }

  async unset(name: string): Promise<MaintenanceKeyJson> {
    return this.ask('DELETE', `keys/${encodeURIComponent(name)}`);
  }

  async replicas(): Promise<MaintenanceReplica[]> {
    const replicas = await this.ask<Json<MaintenanceReplica>[]>('GET', 'replicas');
    return replicas.map((replica) =>
      Object.assign(replica, { lastSeen: new Date(replica.lastSeen as string) }),
    );
  }

  async forget(id: string): Promise<boolean> {
    try {
      await this.ask('DELETE', `replicas/${encodeURIComponent(id)}`);
      return true;
    } catch (error) {
      if (error instanceof CliError && error.exit === EXIT.unknownKey) {
        return false;
      }
      throw error;
    }
  }

  async quiet(name: string, timeout: number, signal?: AbortSignal): Promise<MaintenanceQuiet> {
    const until = performance.now() + timeout;
    for (;;) {
      const quiet = await this.ask<Json<MaintenanceQuiet>>('GET', `keys/${encodeURIComponent(name)}/quiet`);
      const left = until - performance.now();
      if (quiet.quiet || left <= 0) {
        return { ...quiet, since: quiet.since === null ? null : new Date(quiet.since) };
      }
      await delay(Math.min(left, POLL_INTERVAL / 2), undefined, { signal });
    }
  }

  async watch(tell: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    let known = new Map<string, string>();
    let up = true;
    while (!signal.aborted) {
      try {
        const keys = await this.keys();
        if (!up) {
          tell({ type: 'connection', up: (up = true), error: null });
        }
        for (const key of known.size > 0 ? keys : []) {
          if (known.get(key.name) !== JSON.stringify(key)) {
            tell({ type: 'change', key });
          }
        }
        known = new Map(keys.map((key) => [key.name, JSON.stringify(key)]));
      } catch (error) {
        if (up) {
          tell({ type: 'connection', up: (up = false), error: (error as Error).message });
        }
      }
      await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
    }
  }

  async doctor(): Promise<Finding[]> {
    const begun = performance.now();
    const keys = await this.keys();
    const answered = Math.round(performance.now() - begun);
    return [
      { level: 'ok', code: 'REACHED', message: `${this.place} answers (${answered} ms).` },
      ...findingsOfKeys(keys),
      ...findingsOfReplicas(await this.replicas()),
    ];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const writes = method !== 'GET';
    const outcome = writes ? ' Whether the change was made is not known.' : '';
    const headers = new Headers(this.headers);
    headers.set('Accept', 'application/json');
    if (body) {
      headers.set('Content-Type', 'application/json');
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(path, this.base), {
        method,
        headers,
        redirect: 'manual',
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(this.timeout),
      });
      text = await response.text();
    } catch (error) {
      const { cause } = error as { cause?: Error };
      const why =
        cause?.message || (cause as { code?: string } | undefined)?.code || (error as Error).message;
      throw new CliError(
        EXIT.unknown,
        `${this.place} cannot be reached: ${why}.${outcome}`,
        'CLI_UNREACHABLE',
      );
    }
    const json = parseJson(text);
    if (response.ok && (json !== undefined || response.status === 204)) {
      return json as T;
    }
    throw refusal(this.place, response.status, json as { message?: unknown } | undefined, outcome);
  }
}

function refusal(
  place: string,
  status: number,
  body: { message?: unknown; outcome?: unknown } | undefined,
  outcome: string,
): CliError {
  const message = typeof body?.message === 'string' ? body.message : undefined;
  if (status === 404 && message?.startsWith('Unknown maintenance key')) {
    return new CliError(EXIT.unknownKey, message, 'MAINTENANCE_UNKNOWN_KEY');
  }
  if (status === 404 && message?.startsWith('There is no replica')) {
    return new CliError(EXIT.unknownKey, message, 'CLI_UNKNOWN_REPLICA');
  }
  if (status === 400 && message !== undefined) {
    return new CliError(EXIT.usage, message, 'MAINTENANCE_CONFIGURATION');
  }
  if (status === 401 || status === 403) {
    return new CliError(
      EXIT.failed,
      `${place} refuses it (${status}): ${message ?? 'no permission'}`,
      'CLI_DENIED',
    );
  }
  if (status === 409 && message !== undefined) {
    const refused = /^The change was refused|is not switched on|is not in maintenance|is not silent/.test(
      message,
    );
    return refused
      ? new CliError(EXIT.failed, message, 'CLI_REFUSED')
      : new CliError(EXIT.conflict, message, 'MAINTENANCE_CONFLICT');
  }
  if (status >= 500) {
    const certain = body?.outcome === 'refused';
    const said = message ?? `it answered ${status}.${outcome}`;
    return new CliError(certain ? EXIT.failed : EXIT.unknown, `${place}: ${said}`, 'MAINTENANCE_STORE');
  }
  return new CliError(
    EXIT.failed,
    `${place} answered ${status}, which is no answer of an admin API: is that its path, and is the option "admin" on?`,
    'CLI_NO_API',
  );
}

function parseHeaders(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.+)$/s.exec(line) ?? [];
    try {
      headers.append(name as string, value as string);
    } catch {
      throw usage('--header is no header; accepted: "Authorization: Bearer …" or "Cookie: session=…".');
    }
    if (name === undefined) {
      throw usage('--header is no header; accepted: "Authorization: Bearer …" or "Cookie: session=…".');
    }
  }
  return headers;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
