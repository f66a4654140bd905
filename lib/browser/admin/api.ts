import { elsewhere } from './page.js';

// hooks of the application may take their time before and after a change
const TIMEOUT = 10_000;
const TIMEOUT_WRITE = 20_000;

// relative to the page, so that it also works behind a proxy that strips a part of the path
const base = location.pathname.replace(/\/+$/, '').replace(/[^/]*$/, '');

/** The URL of a route, by its path relative to the option `path`. */
export function urlOf(path: string): string {
  const moved = Object.keys(elsewhere).find((start) => path.startsWith(start));
  return base + (moved === undefined ? path : `${elsewhere[moved] ?? ''}${path.slice(moved.length)}`);
}

/** The response of the admin API. */
export interface ApiAnswer<Body> {
  readonly ok: boolean;
  readonly status: number;
  /** `null`: not JSON. */
  readonly json: Body | null;
  /** Whether it was a redirect, as to a log-in page. */
  readonly elsewhere: boolean;
}

/** A change. */
export interface ApiRequest {
  readonly method: 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  readonly body?: Readonly<Record<string, unknown>>;
  /** The state on which it was decided. */
  readonly tag?: string;
}

/** Asks the admin API; rejects if there is no response. */
export async function ask<Body>(path: string, request?: ApiRequest): Promise<ApiAnswer<Body>> {
  const response = await fetch(urlOf(path), {
    method: request?.method ?? 'GET',
    headers: {
      Accept: 'application/json',
      ...(request?.tag !== undefined && { 'If-Match': request.tag }),
      ...(request?.body && { 'Content-Type': 'application/json' }),
    },
    ...(request?.body && { body: JSON.stringify(request.body) }),
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'manual',
    signal: AbortSignal.timeout(request ? TIMEOUT_WRITE : TIMEOUT),
  });
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const json = isJson ? ((await response.json()) as Body) : null;
  return {
    ok: response.ok && json !== null,
    status: response.status,
    json,
    elsewhere: response.type === 'opaqueredirect',
  };
}
