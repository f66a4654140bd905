import { CliError, EXIT, usage } from '../exit.js';
import type { Settings } from '../settings.js';
import { parseDuration } from '../time.js';

/** Milliseconds that an answer may take. */
const TIMEOUT = 10_000;

/** Asks an admin API, and says what its answers mean for the command line. */
export class ApiClient {
  /** Without credentials. */
  readonly place: string;
  private readonly base: URL;
  private readonly headers: Headers;
  private readonly timeout: number;

  constructor({ url = '', headers, commandTimeout }: Settings) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw usage(
        `--url: ${JSON.stringify(url)} is not the URL of an admin API; accepted: https://shop.example/maintenance.`,
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

  /** @throws CliError */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const writes = method !== 'GET';
    const outcome = writes ? ' It is unknown whether the change was made.' : '';
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
    `${place} answered ${status}, which is not a response of the admin API. Check the path, and whether the option "admin" is on.`,
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
      throw usage(
        '--header is not a valid header; accepted: "Authorization: Bearer …" or "Cookie: session=…".',
      );
    }
    if (name === undefined) {
      throw usage(
        '--header is not a valid header; accepted: "Authorization: Bearer …" or "Cookie: session=…".',
      );
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
