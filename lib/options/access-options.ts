import type { MaintenanceSubject } from '../core/service/subject.js';

/** What an operator or a browser may be allowed to do. @publicApi */
export type MaintenancePermission = 'toggle_maintenance_mode' | 'see_menu_item' | 'see_info';

/**
 * A function of the request as the framework hands it out: annotate the parameter with your framework's type.
 * @publicApi
 */
export type MaintenanceRequestFunction<Result> = {
  // as a method, so that `(request: Request) => …` is one, too
  /** The answer for one request. */
  of(request: unknown): Result;
}['of'];

/**
 * Decides who may do what. A promise that rejects or takes longer than `callTimeout` means no.
 * @publicApi
 */
export type MaintenancePermissions = {
  /** May the subject do it. */
  of(permission: MaintenancePermission, subject: MaintenanceSubject): boolean | Promise<boolean>;
}['of'];

/** The cookie that a bypass link leaves. @publicApi */
export interface MaintenanceBypassCookieOptions {
  /** Shares the bypass with subdomains: `'example.com'`. Default: this host only, with the `__Host-` prefix where it is https. */
  domain?: string;
  /** Send it over https only. Default: `true` when the request was https. */
  secure?: boolean;
}

/** Who passes although the site is in maintenance. @publicApi */
export interface MaintenanceBypassOptions {
  /** Asked for each request that would be refused; a promise that rejects or takes longer than `callTimeout` means no. */
  when?: MaintenanceRequestFunction<boolean | Promise<boolean>>;
  /** Addresses and CIDR ranges, IPv4 and IPv6. The address is the framework's `request.ip`, so mind its trust proxy setting. */
  ips?: string[];
  /**
   * Signs bypass links and cookies: at least 32 random characters, such as `openssl rand -base64 32` prints. A list rotates
   * secrets: the first signs, all verify.
   */
  secret?: string | string[];
  /** The cookie that a bypass link leaves. */
  cookie?: MaintenanceBypassCookieOptions;
}
