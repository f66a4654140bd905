import type {
  CanActivate,
  FactoryProvider,
  InjectionToken,
  ModuleMetadata,
  Provider,
  Type,
} from '@nestjs/common';
import type { Cache } from 'cache-manager';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceTemplate } from '../core/keys/maintenance-template.js';

/** What an operator or a browser may be allowed to do. @publicApi */
export type MaintenancePermission = 'toggle_maintenance_mode' | 'see_menu_item' | 'see_info';

/** Who asks for a permission. @publicApi */
export type MaintenanceSubject =
  | {
      /** A request. */
      type: 'http';
      /** As the framework hands it out. */
      request: unknown;
    }
  | {
      /** A connection of the realtime gateway. */
      type: 'socket';
      /** Socket.IO's; `socket.handshake` has headers and `auth`. */
      socket: unknown;
    };

/**
 * A function of the request as the framework hands it out: annotate the parameter with your framework's type.
 * @publicApi
 */
export type MaintenanceRequestFunction<Result> = {
  // as a method, so that `(request: Request) => …` is one, too
  /** The answer for one request. */
  of(request: unknown): Result;
}['of'];

/** Decides who may do what. @publicApi */
export type MaintenancePermissions = {
  /** May the subject do it; a rejection says no. */
  of(permission: MaintenancePermission, subject: MaintenanceSubject): boolean | Promise<boolean>;
}['of'];

/** Who passes although the site is in maintenance. @publicApi */
export interface MaintenanceBypassOptions {
  /** Asked for each request that would be refused. */
  when?: MaintenanceRequestFunction<boolean | Promise<boolean>>;
  /** Addresses and CIDR ranges, IPv4 and IPv6. The address is the framework's `request.ip`, so mind its trust proxy setting. */
  ips?: string[];
  /** Signs bypass links and cookies; keep it long and random. */
  secret?: string;
}

/** What `useFactory` may give. All have defaults. @publicApi */
export interface MaintenanceModuleOptions {
  /** Any cache-manager cache; one that is kept in Redis by ioredis is used as `redis` is. Not together with `redis`. */
  cache?: Cache;
  /** URL, ioredis options, or a `Redis` or `Cluster` instance. Not together with `cache`. */
  redis?: string | object;
  /** Prefix of every entry, lock and channel. Default `'maintenance'`. */
  namespace?: string;
  /** Keys besides `GENERAL_MAINTENANCE` and those found by `@RegisterMaintenanceKey`. */
  keys?: MaintenanceKey[];
  /** Status of a refusal. Default 503. */
  statusCode?: number;
  /** Milliseconds after which a visitor's page looks again. Default 60,000. */
  refreshDelay?: number;
  /** The page: a view name or a function. Default: the built-in page. */
  template?: MaintenanceTemplate;
  /** Routes that are never refused: whole path segments of the route's own template, case-insensitive. */
  ignorePaths?: string[];
  /** Overrides what `Accept` asks for. */
  responseType?: 'html' | 'json' | MaintenanceRequestFunction<'html' | 'json'>;
  /** Where those who would get HTML are sent instead, with 302. */
  redirect?: string;
  /** Who passes although the site is in maintenance. Default: nobody. */
  bypass?: MaintenanceBypassOptions;
  /** Without it everything is denied. */
  permissions?: MaintenancePermissions;
  /** Translates built-in texts, labels, help texts and messages into the language that `Accept-Language` asks for. */
  translate?(text: string, language: string, request?: unknown): string;
  /**
   * Languages that `translate` knows, as BCP 47 tags, first the one for those who ask for none of them. `translate` is never asked
   * for another. Default: the languages that browsers offer, English first.
   */
  languages?: string[];
  /** What a replica does with requests while it has lost touch with Redis. Default `'serve'`: what it last knew holds. */
  onStale?: 'serve' | 'block';
  /** Milliseconds any call of the store may take. Default 1,000. */
  commandTimeout?: number;
}

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
  /** Register the global guard. Default `true`. */
  guard?: boolean;
  /** `'site'` also answers for static files and unmatched routes. Default `'handlers'`. */
  coverage?: 'handlers' | 'site';
  /** Realtime gateway. Default `true`. */
  socket?: boolean | MaintenanceSocketOptions;
  /** Admin page and admin API. Default `true`. */
  admin?: boolean | MaintenanceAdminOptions;
}

/** All options of `forRoot()`. @publicApi */
export type MaintenanceRootOptions = MaintenanceModuleOptions & MaintenanceStructuralOptions;

/** What `useClass` and `useExisting` of `forRootAsync()` name. @publicApi */
export interface MaintenanceOptionsFactory {
  /** The options; structural ones stand beside the factory. */
  createMaintenanceOptions(): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}

/** The same under the name that Nest's own configurable modules use. @publicApi */
export interface MaintenanceOptionsCreator {
  /** The options; structural ones stand beside the factory. */
  create(): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}

/** Options of `forRootAsync()`: one of `useFactory`, `useClass` and `useExisting`, the structural ones beside it. @publicApi */
export interface MaintenanceAsyncOptions
  extends MaintenanceStructuralOptions, Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` takes. */
  inject?: FactoryProvider['inject'];
  /** Gives the options. */
  useFactory?: FactoryProvider<MaintenanceModuleOptions>['useFactory'];
  /** A class that is made for this; it may inject what `imports` give. */
  useClass?: Type<MaintenanceOptionsFactory | MaintenanceOptionsCreator>;
  /** A provider that `imports` give. */
  useExisting?: InjectionToken<MaintenanceOptionsFactory | MaintenanceOptionsCreator>;
  /** Providers of a parent module, of which those that `inject` names are taken over. */
  provideInjectionTokensFrom?: Provider[];
}

/** Options with their defaults, validated. */
export interface ResolvedOptions extends MaintenanceModuleOptions {
  readonly namespace: string;
  readonly keys: MaintenanceKey[];
  readonly statusCode: number;
  readonly refreshDelay: number;
  readonly ignorePaths: string[];
  readonly onStale: 'serve' | 'block';
  readonly commandTimeout: number;
  readonly bypass: MaintenanceBypassOptions;
}

/** Structural options with their defaults, validated. */
export interface ResolvedStructure {
  readonly isGlobal: boolean;
  /** Without slashes at its ends. */
  readonly path: string;
  readonly guard: boolean;
  readonly coverage: 'handlers' | 'site';
  readonly socket: false | MaintenanceSocketOptions;
  readonly admin: false | MaintenanceAdminOptions;
}

export const STRUCTURAL_DEFAULTS: Required<MaintenanceStructuralOptions> = {
  isGlobal: true,
  path: 'maintenance',
  guard: true,
  coverage: 'handlers',
  socket: true,
  admin: true,
};
