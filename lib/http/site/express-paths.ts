import { pathname, type HttpRequest } from '../../request/http-request.js';

/** The URL of a request as the application received it, below its mount path. */
const ENTERED = Symbol('nestjs-maintenance:entered');

/** Where the application is mounted: what outer applications have stripped. */
const MOUNTED = Symbol('nestjs-maintenance:mounted');

/** A request on its way through an Express application. */
export type ExpressRequest = Omit<HttpRequest, 'baseUrl'> & {
  baseUrl?: string;
  [ENTERED]?: string;
  [MOUNTED]?: string;
};

/** The application has received a request. */
export function markEntered(request: ExpressRequest): void {
  request[ENTERED] = request.url;
  request[MOUNTED] = request.baseUrl ?? '';
}

export const mountPathOf = (request: ExpressRequest): string => request[MOUNTED] ?? '';

/** The path that was requested. */
export const pathOf = (request: ExpressRequest): string => pathname(request[ENTERED] ?? request.url);

/** The path that layers are matched with: the same, unless middleware has rewritten it. */
export const routedPath = ({ baseUrl = '', url, [MOUNTED]: mounted = '' }: ExpressRequest): string =>
  baseUrl.slice(mounted.length) + pathname(url);
