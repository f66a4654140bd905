// hooks of the application may take their time before and after a change
const TIMEOUT = 10_000;
const TIMEOUT_WRITE = 20_000;

// where the page was found, so that it also works behind a proxy that takes a part of the path away
export const base = location.pathname.replace(/\/+$/, '').replace(/[^/]*$/, '');

/** What the admin API has answered. */
export interface ApiAnswer<Body> {
  readonly ok: boolean;
  readonly status: number;
  /** `null`: it was no JSON. */
  readonly json: Body | null;
  /** Was it a redirect, as to a page where one signs in. */
  readonly elsewhere: boolean;
}

/** A change. */
export interface ApiRequest {
  readonly method: 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  readonly body?: Readonly<Record<string, unknown>>;
  /** The state it was decided by. */
  readonly tag?: string;
}

/** Asks the admin API; rejects when nobody answers. */
export async function ask<Body>(path: string, request?: ApiRequest): Promise<ApiAnswer<Body>> {
  const response = await fetch(base + path, {
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
