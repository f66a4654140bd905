import { withoutCredentials } from '../../core/common/without-credentials.js';
import { CliError, EXIT, exitCodeOf, usage } from '../exit.js';
import type { Settings } from '../settings.js';
import type { Answer } from './api-answers.js';
import { decode } from './decode.js';
import { parseDuration } from '../time.js';

/** Milliseconds that a response may take. */
const TIMEOUT = 10_000;
/** Timers that are longer fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
const HEADER = '--header is not a valid header; accepted: "Authorization: Bearer …" or "Cookie: session=…".';

/** Asks an admin API, and translates its responses for the command line. */
export class ApiClient {
  /** Without credentials. */
  readonly place: string;
  private readonly base: URL;
  private readonly headers: Headers;
  private readonly timeout: number;
  private hasWritten = false;
  /** Since when the application is out of touch with its store, as its last answer with key data says. */
  staleSince: string | null = null;

  constructor({ url = '', headers, commandTimeout }: Settings) {
    // paths of the API follow it, so that nothing else may
    if (!/^https?:\/\/[^?#]*$/i.test(url) || !URL.canParse(url)) {
      throw usage(
        `--url: ${JSON.stringify(withoutCredentials(url))} is not the URL of an admin API; accepted: https://shop.example/maintenance.`,
      );
    }
    this.base = new URL(url.replace(/\/*$/, '/'));
    this.headers = parseHeaders(headers);
    if (this.headers.has('Cookie') && !this.headers.has('Origin')) {
      // a request with cookies must say where it comes from
      this.headers.set('Origin', this.base.origin);
    }
    if (this.base.username) {
      const { username, password } = this.base;
      const credentials = `${decode(username, '--url')}:${decode(password, '--url')}`;
      this.headers.set('Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
      this.base.username = this.base.password = '';
    }
    this.place = `the admin API at ${this.base.href.replace(/\/$/, '')}`;
    const timeout =
      commandTimeout === undefined ? TIMEOUT : parseDuration(commandTimeout, '--command-timeout');
    this.timeout = Math.min(LONGEST_TIMER, timeout);
  }

  /** What to report if a call fails: whether anything was changed. */
  private outcomeOf(method: string): string {
    if (method !== 'GET') {
      this.hasWritten = true;
      return ' It is unknown whether the change was made.';
    }
    return this.hasWritten ? '' : ' Nothing was changed.';
  }

  /** @throws CliError also if what responds is not the admin API, as far as its JSON says */
  async ask<T>(method: string, path: string, isAnswer: Answer<T>, body?: object): Promise<T> {
    const outcome = this.outcomeOf(method);
    const headers = new Headers(this.headers);
    headers.set('Accept', 'application/json');
    headers.set('X-Maintenance-Client', 'cli');
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
    if (response.ok && method === 'GET' && /^keys(\/[^/]+)?$/.test(path)) {
      this.staleSince = response.headers.get('X-Maintenance-Stale-Since');
    }
    const json = parseJson(text);
    if (response.ok && isAnswer(json)) {
      return json;
    }
    if (response.ok && method !== 'GET') {
      throw notTheApi(this.place, response.status, outcome, EXIT.unknown);
    }
    throw refusal(this.place, method, response.status, json as { message?: unknown } | undefined, outcome);
  }
}

/** Refusals of the API, by the `code` of their body; other responses have no exit code of their own. */
function refusal(
  place: string,
  method: string,
  status: number,
  body: { code?: unknown; message?: unknown; outcome?: unknown } | undefined,
  outcome: string,
): CliError {
  const message = typeof body?.message === 'string' ? body.message : undefined;
  const code = typeof body?.code === 'string' ? body.code : undefined;
  const exitOf = (known: string): number => exitCodeOf({ code: known, outcome: body?.outcome });
  if (status === 401 || status === 403) {
    const why = message ?? 'no permission';
    return new CliError(
      EXIT.failed,
      `${place} refused the request (${status}): ${why}`,
      code ?? 'CLI_DENIED',
    );
  }
  if (status >= 500) {
    const known = code ?? 'MAINTENANCE_STORE';
    // the API says itself what has become of a change; an application or a proxy that fails does not
    const why = message === undefined ? '' : ` (${message})`;
    const said =
      code === undefined || message === undefined
        ? `it answered ${status}${why}.${outcome}`
        : `${message}${method === 'GET' ? outcome : ''}`;
    return new CliError(exitOf(known), `${place}: ${said}`, known);
  }
  if (message !== undefined && code !== undefined) {
    return new CliError(exitOf(code), message, code);
  }
  return notTheApi(place, status, '', EXIT.failed);
}

const notTheApi = (place: string, status: number, outcome: string, exit: number): CliError =>
  new CliError(
    exit,
    `${place} answered ${status}, which is not a response of the admin API.${outcome} Check the path, and whether the option "admin" is on.`,
    'CLI_NO_API',
  );

function parseHeaders(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.+)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw usage(HEADER);
    }
    try {
      headers.append(name, value);
    } catch {
      throw usage(HEADER);
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
