import type { Cache } from 'cache-manager';
import type { HistorySettings } from '../core/history/history-settings.js';
import type { MaintenanceHistoryOptions } from '../core/history/maintenance-history-entry.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceKeyOptions } from '../core/keys/maintenance-key-options.js';
import type { MaintenanceTemplate } from '../core/keys/maintenance-template.js';
import type {
  MaintenanceBypassOptions,
  MaintenancePermissions,
  MaintenanceRequestFunction,
} from './access-options.js';
import type { MaintenanceRefusalHeaders } from './refusal-headers-option.js';
import type { MaintenanceStructuralOptions } from './structural-options.js';

/** Options of `GENERAL_MAINTENANCE` in this application. @publicApi */
export type MaintenanceGeneralOptions = Pick<
  MaintenanceKeyOptions,
  'label' | 'helpText' | 'timeout' | 'template' | 'ignorePaths'
>;

/** Options that `useFactory` may return. All have defaults. @publicApi */
export interface MaintenanceModuleOptions {
  /** Any cache-manager cache; if ioredis is behind it, it is used like `redis`. Not together with `redis`. */
  cache?: Cache;
  /**
   * URL, ioredis options, or a `Redis` or `Cluster` instance; `false`: the memory of this process. Not together with `cache`.
   * `undefined` and an empty string are rejected, since a missing variable would leave every replica with a state of its own: write
   * `redis: process.env.REDIS_URL ?? false`. Default: the memory of this process.
   */
  redis?: string | object | false;
  /** Prefix of every entry, lock and channel. Default `'maintenance'`. */
  namespace?: string;
  /** Keys in addition to `GENERAL_MAINTENANCE` and those registered with `@RegisterMaintenanceKey`. Default: none. */
  keys?: MaintenanceKey[];
  /** Label, help text, timeout, template and ignored paths of `GENERAL_MAINTENANCE`. Default: those of the library. */
  general?: MaintenanceGeneralOptions;
  /**
   * Status of a refusal: 400 to 599, or 200 if a proxy replaces every 5xx with a page of its own; a header then tells search
   * engines not to index it, but monitors and clients see a success. Default 503.
   */
  statusCode?: number;
  /** Milliseconds after which a visitor's page tries again, at least 1,000; also `Retry-After` if no end is known. Default 60,000. */
  refreshDelay?: number;
  /** The maintenance page: a view name or a function. Default: the built-in page. */
  template?: MaintenanceTemplate;
  /**
   * Paths that are never refused by keys without `ignorePaths` of their own: whole segments from the beginning,
   * case-insensitive, no patterns. They are compared with the template of the route that serves the request. If there is none (static
   * files, `use()`, unmatched), they are compared with the path of the request, decoded once, unless it contains `//`, `\`, dot
   * segments, NUL or an encoded slash. Default: none.
   */
  ignorePaths?: string[];
  /** Type of the response to a refused request. Default: by `Accept` (RFC 9110, section 12.5.1). */
  responseType?: 'html' | 'json' | MaintenanceRequestFunction<'html' | 'json'>;
  /**
   * Path of this site to which requests that would get HTML are redirected, with 302; below what a proxy strips (`X-Forwarded-Prefix`,
   * `baseUrl`), unless it begins with that. Default: none.
   */
  redirect?: string;
  /**
   * Headers of refusals, in addition to those of the application's CORS and helmet. They cannot replace the library's own headers.
   * Default: none.
   */
  refusalHeaders?: MaintenanceRefusalHeaders | readonly MaintenanceRefusalHeaders[];
  /**
   * Where browsers find this application if a proxy strips a path: `/shop`, or a URL with that path. Default: the value of
   * `X-Forwarded-Prefix`, if the framework's trust proxy setting trusts the proxy.
   */
  baseUrl?: string;
  /** Who may use the site during maintenance. Default: nobody. */
  bypass?: MaintenanceBypassOptions;
  /**
   * Identifies a visitor for keys that reopen gradually (`reopenOver`): returns a stable id, such as that of an account;
   * `undefined`: the cookie, or the address. It gets the request, or the socket. If it throws, is late or returns something else,
   * the address counts. Default: a cookie with a place in the line, which the refused page sets, else the address.
   */
  visitor?: MaintenanceRequestFunction<string | undefined | Promise<string | undefined>>;
  /** Decides who may do what on the admin page, API, sockets and ping. Default: everything is denied. */
  permissions?: MaintenancePermissions;
  /**
   * Translates built-in texts, labels, help texts and messages into the language that `Accept-Language` asks for (RFC 9110,
   * section 12.5.4). Synchronous; if it throws or returns anything but a string, the text stays as it is. Default: English.
   */
  translate?(text: string, language: string, request?: unknown): string;
  /**
   * Languages that `translate` knows, as BCP 47 tags; the first is for visitors who ask for none of them. `translate` is called for
   * no other language. Default: the languages that browsers offer, English first.
   */
  languages?: string[];
  /**
   * Milliseconds to wait for promises of the application's functions: `permissions`, `bypass.when`, templates, a key's
   * `getTemplate`, `getContext` and `render`, `visitor`, middleware in `refusalHeaders`. If one is late: denied, not bypassed, the built-in page, the address.
   * Default 2,000.
   */
  callTimeout?: number;
  /**
   * What a replica does while it is out of contact with Redis: `'serve'` goes on with the last known state, `'block'` refuses.
   * Default `'serve'`.
   */
  onStale?: 'serve' | 'block';
  /** Like `onStale`, for a process that has never read the state. Default: the value of `onStale`. */
  onUnknown?: 'serve' | 'block';
  /** Milliseconds for each call of the store. Default 1,000. */
  commandTimeout?: number;
  /** Milliseconds a replica may be silent before it counts as silent. Default 3,000. */
  lease?: number;
  /** Milliseconds after which a drain counts a silent replica as gone without proof; at least `lease`. Default 60,000. */
  presumedDead?: number;
  /** Names of keys of other services in this namespace that cannot affect this one; `true`: all unknown keys. Default: none. */
  foreignKeys?: string[] | true;
  /** Follow each call through what it awaits (`AsyncLocalStorage`), so that the service knows which call it is used in. Default `false`. */
  followCalls?: boolean;
  /**
   * What happens to events (`@EventPattern`) that arrive while a key is on that affects their handler. An event has no caller that
   * could repeat it, so it is not refused by default: `'wait'` keeps it until the key is off where the transport can, which is Kafka,
   * and RMQ with `noAck: false`; events of other transports are still handled, and the patterns are logged at the start. `'pass'`
   * handles all events. `'refuse'` throws an `RpcException`: the event is lost unless its transport delivers it again.
   * Default `'wait'`.
   */
  events?: 'wait' | 'refuse' | 'pass';
  /** How much of the history is kept, for `service.getHistory()`. Default: the last 1,000 entries. */
  history?: MaintenanceHistoryOptions;
  /** Maximum page loads per second and replica after a change: reloads are spread accordingly. Default 100. */
  reloadRate?: number;
}

/** All options of `forRoot()`. @publicApi */
export type MaintenanceRootOptions = MaintenanceModuleOptions & MaintenanceStructuralOptions;

/** Options with their defaults, validated. */
export interface ResolvedOptions extends Omit<MaintenanceModuleOptions, 'history'> {
  /** `undefined`: the memory of this process, or `cache`. */
  readonly redis?: string | object;
  readonly namespace: string;
  readonly keys: MaintenanceKey[];
  readonly general: MaintenanceGeneralOptions;
  readonly statusCode: number;
  readonly refreshDelay: number;
  readonly ignorePaths: string[];
  readonly refusalHeaders: readonly MaintenanceRefusalHeaders[];
  readonly callTimeout: number;
  readonly onStale: 'serve' | 'block';
  readonly onUnknown: 'serve' | 'block';
  readonly commandTimeout: number;
  readonly lease: number;
  readonly presumedDead: number;
  readonly followCalls: boolean;
  readonly events: 'wait' | 'refuse' | 'pass';
  readonly reloadRate: number;
  readonly history: HistorySettings;
  readonly bypass: Omit<MaintenanceBypassOptions, 'secret'> & {
    /** The first signs, all verify; none: there are no links. */
    readonly secrets: readonly string[];
  };
}
