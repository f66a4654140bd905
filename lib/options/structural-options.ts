import type { CanActivate, Type } from '@nestjs/common';
import type { MaintenanceRequestFunction } from './access-options.js';

/** Options of the realtime gateway. @publicApi */
export interface MaintenanceSocketOptions {
  /** Socket.IO namespace. Default `'/maintenance'`. */
  namespace?: string;
  /** Path of the Socket.IO server. Default: that of the application's adapter. */
  path?: string;
  /** CORS settings as in Socket.IO. Default: those of the application's adapter. */
  cors?: object | boolean;
  /** Origins that may connect. Default: those that the server's CORS settings let through. */
  origins?: string[];
  /** The URL the browser script connects to. Default: the page's own origin. */
  url?: MaintenanceRequestFunction<string>;
}

/** Options of admin page and API. @publicApi */
export interface MaintenanceAdminOptions {
  /** Guards of the application, for log-in; they run before `permissions` is called. Default: none. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Heading of the page and name of its tab, such as the name of the application. Default `'Maintenance'`, translated. */
  title?: string;
  /** Which deployment this is, such as `'production'`; shown beside the title. Default: none. */
  environment?: string;
  /**
   * Origins under which the admin page is opened, such as `'https://shop.example'`: browsers may then write from these origins
   * only, and key data is sent to no other host, except IP addresses, localhost and names without a dot. Needed if the page is
   * opened under a host name over plain http, or if a proxy hides the name. Default: the site's own origin, as far as the browser
   * or `Host` proves it.
   */
  origins?: string[];
  /**
   * Where operators sign in: a path of this site, or an http(s) URL. `{url}` in it is replaced by the path and query to return to.
   * If a guard answers the admin page with 401, the visitor is redirected there; an open page whose session has ended links to it
   * and keeps what was typed. Default: none.
   */
  loginUrl?: string;
  /**
   * Paths that operators need in order to sign in, such as `'/login'`. Validated, but without effect in this version.
   */
  loginPaths?: string[];
}

/** Options that must be known before providers are created; in `forRootAsync()` they are set beside `useFactory`. @publicApi */
export interface MaintenanceStructuralOptions {
  /** Whether `MaintenanceService` can be injected everywhere. Default `true`. */
  isGlobal?: boolean;
  /** Base route of ping, script, admin page and admin API. Default `'maintenance'`. */
  path?: string;
  /**
   * Registers the global guard: `'first'` (or `true`) before every guard of the application, `'in-order'` in the order of imports,
   * so that earlier guards can set `request.user`, `false` not at all. Default `'first'`.
   */
  guard?: boolean | 'first' | 'in-order';
  /**
   * `'handlers'`: the handlers of controllers. `'site'`: whatever serves a request, on either adapter and regardless of what was
   * registered earlier: static files, routes and routers added by hand, unmatched routes. `'site'` decides before everything of the
   * application, or, with `bypass.when`, a key with its own status class, or `visitor` and a key that opens gradually, after middleware,
   * immediately before what would serve the request. Default `'handlers'`.
   */
  coverage?: 'handlers' | 'site';
  /** The realtime gateway, or its options; `false` switches it off. Default `true`. */
  socket?: boolean | MaintenanceSocketOptions;
  /** Admin page and admin API, or their options; `false` switches them off. Default `true`. */
  admin?: boolean | MaintenanceAdminOptions;
  /** Decorators for the controllers of menu, admin page and API, such as the application's own `Public()`. Default: none. */
  decorators?: ClassDecorator[];
}

/** Structural options with their defaults, validated. */
export interface ResolvedStructure {
  readonly isGlobal: boolean;
  /** Without slashes at its ends. */
  readonly path: string;
  readonly guard: false | 'first' | 'in-order';
  readonly coverage: 'handlers' | 'site';
  readonly socket: false | MaintenanceSocketOptions;
  readonly admin: false | MaintenanceAdminOptions;
  readonly decorators: readonly ClassDecorator[];
}

export const STRUCTURAL_DEFAULTS: Required<MaintenanceStructuralOptions> = {
  isGlobal: true,
  path: 'maintenance',
  guard: 'first',
  coverage: 'handlers',
  socket: true,
  admin: true,
  decorators: [],
};
