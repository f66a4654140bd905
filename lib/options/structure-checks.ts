import { isOptions } from '../core/common/is-options.js';
import {
  isBoolean,
  isFunction,
  isLocalPath,
  isOrigin,
  isText,
  isWebUrl,
  listOf,
  oneOf,
  type Check,
} from './checks.js';
import type {
  MaintenanceAdminOptions,
  MaintenanceSocketOptions,
  MaintenanceStructuralOptions,
} from './structural-options.js';

export const STRUCTURE_CHECKS: Record<keyof MaintenanceStructuralOptions, Check> = {
  isGlobal: ['a boolean', isBoolean],
  path: [
    'a path of letters, digits, "-", "_", ".", "~" and "/"',
    (value) =>
      typeof value === 'string' &&
      /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/.test(value) &&
      !/(^|\/)\.\.?(\/|$)/.test(value),
  ],
  guard: [
    "a boolean, 'first' or 'in-order'",
    (value) => isBoolean(value) || value === 'first' || value === 'in-order',
  ],
  coverage: oneOf('handlers', 'site'),
  socket: [
    'a boolean or an object with namespace, path, cors, origins, url',
    (value) => isBoolean(value) || isOptions(value),
  ],
  admin: [
    'a boolean or an object with guards, title, environment, origins, loginUrl, loginPaths',
    (value) => isBoolean(value) || isOptions(value),
  ],
  decorators: listOf('an array of class decorators, such as [Public()]', isFunction),
};

export const SOCKET_CHECKS: Record<keyof MaintenanceSocketOptions, Check> = {
  namespace: [
    'a namespace such as "/maintenance"',
    (value) => typeof value === 'string' && /^\/?[\w.-][\w./-]*$|^\/$/.test(value),
  ],
  path: ['a path that begins with one "/", percent-encoded', isLocalPath],
  cors: ['a boolean or CORS options', (value) => isBoolean(value) || isOptions(value)],
  origins: listOf('an array of origins such as "https://example.com"', isOrigin),
  url: ['a function', isFunction],
};

export const ADMIN_CHECKS: Record<keyof MaintenanceAdminOptions, Check> = {
  guards: listOf(
    'an array of guards (classes or instances)',
    (item) => isFunction(item) || (isOptions(item) && isFunction(item['canActivate'])),
  ),
  title: ['a string that is not empty', isText],
  environment: ['a string that is not empty', isText],
  origins: listOf('an array of origins such as "https://example.com"', isOrigin),
  loginUrl: [
    'a path of this site that begins with one "/", percent-encoded, or an http(s) URL',
    (value) => isLocalPath(value) || isWebUrl(value),
  ],
  loginPaths: listOf('an array of paths such as "/login"', isLocalPath),
};
