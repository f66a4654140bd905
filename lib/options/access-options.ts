import type { MaintenanceSubject } from '../core/service/subject.js';

/** A permission that `permissions` decides on. @publicApi */
export type MaintenancePermission = 'toggle_maintenance_mode' | 'see_menu_item' | 'see_info';

/**
 * A function of the framework's request object: annotate the parameter with your framework's type.
 * @publicApi
 */
export type MaintenanceRequestFunction<Result> = {
  // as a method, so that `(request: Request) => …` is one, too
  /** The answer for one request. */
  of(request: unknown): Result;
}['of'];

/**
 * Decides who may do what. A promise that rejects or takes longer than `callTimeout` counts as a denial.
 * @publicApi
 */
export type MaintenancePermissions = {
  /** Whether the subject has the permission. */
  of(permission: MaintenancePermission, subject: MaintenanceSubject): boolean | Promise<boolean>;
}['of'];

/** The cookie that a bypass link sets. @publicApi */
export interface MaintenanceBypassCookieOptions {
  /** Shares the bypass with subdomains: `'example.com'`. Default: this host only, with the `__Host-` prefix over https. */
  domain?: string;
  /** Send it over https only. Default: `true` when the request was https. */
  secure?: boolean;
}

/** Who may use the site during maintenance. @publicApi */
export interface MaintenanceBypassOptions {
  /** Called for each request that would be refused; a promise that rejects or takes longer than `callTimeout` counts as `false`. */
  when?: MaintenanceRequestFunction<boolean | Promise<boolean>>;
  /**
   * Addresses and CIDR ranges, IPv4 and IPv6, compared with the framework's `request.ip`: configure its trust proxy setting.
   */
  ips?: string[];
  /**
   * Signs bypass links and cookies: at least 32 random characters, such as `openssl rand -base64 32` prints. A list rotates
   * secrets: the first signs, all verify.
   */
  secret?: string | string[];
  /** The cookie that a bypass link sets. */
  cookie?: MaintenanceBypassCookieOptions;
}
