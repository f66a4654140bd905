import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { MaintenanceKey } from '../core/keys/maintenance-key.js';

/**
 * The names of the keys that a decorator is given.
 * @throws MaintenanceConfigurationError for anything else, `undefined` included: a constant that does not exist must not pass for a key
 */
export function decoratedNames(
  decorator: string,
  keys: readonly unknown[],
  accepted = 'names of keys or MaintenanceKey objects',
): string[] {
  return keys.map((key) => {
    const name: unknown = key instanceof MaintenanceKey ? key.name : key;
    if (typeof name !== 'string' || name === '') {
      throw MaintenanceConfigurationError.of(`keys of ${decorator}`, name, accepted);
    }
    return name;
  });
}
