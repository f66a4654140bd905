import type { CanActivate, Type } from '@nestjs/common';
import type { MaintenanceRequestFunction } from './access-options.js';

/** Realtime gateway. @publicApi */
export interface MaintenanceSocketOptions {
  /** Default `'/maintenance'`. */
  namespace?: string;
  /** Path of the Socket.IO server. Default: that of the application's adapter. */
  path?: string;
  /** As Socket.IO takes it. Default: that of the application's adapter. */
  cors?: object | boolean;
  /** Origins that may connect. Default: those that the server's CORS settings let through. */
  origins?: string[];
  /** The URL the browser script connects to. Default: the page's own origin. */
  url?: MaintenanceRequestFunction<string>;
}

/** Admin page and API. @publicApi */
export interface MaintenanceAdminOptions {
  /** The application's own guards, run before permissions are asked. Default: none. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Heading of the page and name of its tab, such as the name of the application. Default `'Maintenance'`, translated. */
  title?: string;
  /** Which deployment this is, such as `'production'`; shown beside the title. Default: none. */
  environment?: string;
  /**
   * Origins the admin page is opened at, such as `'https://shop.example'`: writes of browsers are then accepted from these
   * only. Needed where the page is reached by a name over plain http, or where a proxy hides its name. Default: the site's own,
   * as far as the browser or `Host` prove it.
   */
  origins?: string[];
  /**
   * Where operators sign in: a path of this site, or an http(s) URL. `{url}` in it stands for the path and query to come back to.
   * Whoever opens the admin page without being signed in is sent there; an open page whose session has ended links to it and
   * keeps what was typed. Default: none.
   */
  loginUrl?: string;
  /** Paths of the application that operators need in order to sign in, such as `'/login'`. Default: that of {@link loginUrl}. */
  loginPaths?: string[];
}

/** What must be known before providers exist; stands beside `useFactory` in `forRootAsync()`. @publicApi */
export interface MaintenanceStructuralOptions {
  /** `MaintenanceService` is injectable everywhere. Default `true`. */
  isGlobal?: boolean;
  /** Base route of ping, script, admin page and admin API. Default `'maintenance'`. */
  path?: string;
  /**
   * Register the global guard: `'first'` (also `true`) before every guard of the application, `'in-order'` where the module
   * is imported, so that guards before it may put a `request.user` there, `false` not at all. Default `'first'`.
   */
  guard?: boolean | 'first' | 'in-order';
  /**
   * `'site'` covers whatever serves a request, on either adapter and whatever was registered earlier: static files, routes and
   * routers by hand, unmatched routes. It decides before everything of the application, but for `bypass.when` and keys with a
   * status class of their own: then immediately before what would serve the request, when middleware has run. Default `'handlers'`.
   */
  coverage?: 'handlers' | 'site';
  /** Realtime gateway. Default `true`. */
  socket?: boolean | MaintenanceSocketOptions;
  /** Admin page and admin API. Default `true`. */
  admin?: boolean | MaintenanceAdminOptions;
  /** Applied to the classes of menu, admin page and API, such as the application's own `Public()`. Default: none. */
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
