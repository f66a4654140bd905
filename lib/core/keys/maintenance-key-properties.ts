import { MaintenanceConfigurationError } from '../errors/errors.js';
import { isIgnorePath } from './ignore-path-option.js';
import type { MaintenanceKey } from './maintenance-key.js';
import {
  isBoolean,
  isSafetyNet,
  isStatusClass,
  isString,
  isTemplate,
  type MaintenanceKeyOptions,
} from './maintenance-key-options.js';

/** What each property of a key accepts, in words and as a test. */
const PROPERTIES: Record<
  keyof MaintenanceKeyOptions,
  readonly [accepted: string, valid: (value: never) => boolean]
> = {
  label: ['a string', isString],
  helpText: ['a string', isString],
  order: ['a finite number', Number.isFinite],
  timeout: ['whole milliseconds, 0 for ever, or at least 1000', isSafetyNet],
  template: ['a view name or a function', isTemplate],
  statusClass: ['a class that extends MaintenanceStatus', isStatusClass],
  scope: ["'site' or 'marked'", (value: unknown) => value === 'site' || value === 'marked'],
  readOnly: ['a boolean', isBoolean],
  public: ['a boolean', isBoolean],
  ignorePaths: [
    'an array of paths of routes such as "/health", decoded, without patterns, and not "/" itself',
    (paths: unknown) => paths === undefined || (Array.isArray(paths) && paths.every(isIgnorePath)),
  ],
};

/** @throws MaintenanceConfigurationError that names the first wrong one */
export function checkProperties(key: MaintenanceKey): void {
  for (const [name, [accepted, valid]] of Object.entries(PROPERTIES)) {
    const value: unknown = key[name as keyof MaintenanceKeyOptions];
    if (!valid(value as never)) {
      throw MaintenanceConfigurationError.of(`${name} of key ${key.name}`, value, accepted);
    }
  }
}
