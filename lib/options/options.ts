import type { Cache } from 'cache-manager';
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

/** How `GENERAL_MAINTENANCE` looks and lasts in this application. @publicApi */
export type MaintenanceGeneralOptions = Pick<
  MaintenanceKeyOptions,
  'label' | 'helpText' | 'timeout' | 'template' | 'ignorePaths'
>;

/** What `useFactory` may give. All have defaults. @publicApi */
export interface MaintenanceModuleOptions {
  /** Any cache-manager cache; one that is kept in Redis by ioredis is used as `redis` is. Not together with `redis`. */
  cache?: Cache;
  /**
   * URL, ioredis options, or a `Redis` or `Cluster` instance. Not together with `cache`. `false` says that the memory of this
   * process is meant. What is `undefined` or empty is refused, since a missing variable would leave every replica with a
   * state of its own: write `redis: process.env.REDIS_URL ?? false`.
   */
  redis?: string | object | false;
  /** Prefix of every entry, lock and channel. Default `'maintenance'`. */
  namespace?: string;
  /** Keys besides `GENERAL_MAINTENANCE` and those found by `@RegisterMaintenanceKey`. */
  keys?: MaintenanceKey[];
  /** How `GENERAL_MAINTENANCE` looks and lasts in this application. Default: as the library declares it. */
  general?: MaintenanceGeneralOptions;
  /**
   * Status of a refusal: 400 to 599, or 200 where a proxy puts a page of its own in place of every 5xx; search engines are
   * then asked by header not to index it, but monitors and clients see a success. Default 503.
   */
  statusCode?: number;
  /** Milliseconds after which a visitor's page looks again, at least 1,000. Default 60,000. */
  refreshDelay?: number;
  /** The page: a view name or a function. Default: the built-in page. */
  template?: MaintenanceTemplate;
  /**
   * Paths that are never refused, by keys that have no `ignorePaths` of their own: whole segments from the beginning,
   * case-insensitive, without patterns. Compared with the template of the route that serves the request; where there is none (static
   * files, `use()`, unmatched), with the path of the request, decoded once, unless that holds `//`, `\`, dot segments, NUL
   * or an encoded slash. Default: none.
   */
  ignorePaths?: string[];
  /** Overrides what `Accept` asks for. */
  responseType?: 'html' | 'json' | MaintenanceRequestFunction<'html' | 'json'>;
  /** Where those who would get HTML are sent instead, with 302. */
  redirect?: string;
  /**
   * Headers that refusals carry besides those that the application's CORS and helmet set. Our own go before them. Default: none.
   */
  refusalHeaders?: MaintenanceRefusalHeaders | readonly MaintenanceRefusalHeaders[];
  /**
   * Where browsers find this application when a proxy strips a path before it: `/shop`, or a URL with that path. Default: what
   * `X-Forwarded-Prefix` says, where the framework's trust proxy setting believes it.
   */
  baseUrl?: string;
  /** Who passes although the site is in maintenance. Default: nobody. */
  bypass?: MaintenanceBypassOptions;
  /** Without it everything is denied. */
  permissions?: MaintenancePermissions;
  /**
   * Translates built-in texts, labels, help texts and messages into the language that `Accept-Language` asks for.
   * Synchronous; a text for which it throws, or gives anything but a string, stays English.
   */
  translate?(text: string, language: string, request?: unknown): string;
  /**
   * Languages that `translate` knows, as BCP 47 tags, first the one for those who ask for none of them. `translate` is never asked
   * for another. Default: the languages that browsers offer, English first.
   */
  languages?: string[];
  /**
   * Milliseconds that a function of the application may take where somebody waits for its promise: `permissions`,
   * `bypass.when`, templates, a key's `getTemplate`, `getContext` and `render`. Late means denied, not bypassed, the built-in
   * page. Default 2,000.
   */
  callTimeout?: number;
  /** What a replica does with requests while it has lost touch with Redis. Default `'serve'`: what it last knew holds. */
  onStale?: 'serve' | 'block';
  /** The same for a process that has never read the state. Default: as `onStale`. */
  onUnknown?: 'serve' | 'block';
  /** Milliseconds any call of the store may take. Default 1,000. */
  commandTimeout?: number;
  /** Milliseconds a replica may be silent before it counts as silent. Default 3,000. */
  lease?: number;
  /** Milliseconds after which a drain counts a silent replica as gone although nothing proves it. Default 60,000. */
  presumedDead?: number;
  /** Names of keys of other services in this namespace that cannot affect this one; `true` for all it does not know. */
  foreignKeys?: string[] | true;
  /** Follow each call through what it awaits (`AsyncLocalStorage`), so that nested calls know theirs. Default `false`. */
  followCalls?: boolean;
  /**
   * What happens to events (`@EventPattern`) that arrive while a key is on that concerns their handler. An event has no caller who
   * could be told, so nothing is refused by default: `'wait'` and `'pass'` let it pass, `'wait'` names the patterns in the log when
   * the application starts. `'refuse'` throws an `RpcException`: the event is lost unless its transport delivers it again.
   * Default `'wait'`.
   */
  events?: 'wait' | 'refuse' | 'pass';
  /** Page loads per second and replica that a change may cause at most: reloads are spread accordingly. Default 100. */
  reloadRate?: number;
}

/** All options of `forRoot()`. @publicApi */
export type MaintenanceRootOptions = MaintenanceModuleOptions & MaintenanceStructuralOptions;

/** Options with their defaults, validated. */
export interface ResolvedOptions extends MaintenanceModuleOptions {
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
  readonly bypass: Omit<MaintenanceBypassOptions, 'secret'> & {
    /** The first signs, all verify; none: there are no links. */
    readonly secrets: readonly string[];
  };
}
