import {
  MaintenanceConfigurationError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  OnMaintenance,
  SkipDuringMaintenance,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';

describe.each([
  ['MaintenanceKeys', (...keys: never[]) => MaintenanceKeys(...keys)],
  ['MaintenanceExempt', (...keys: never[]) => MaintenanceExempt(...keys)],
  ['OnMaintenance', (...keys: never[]) => OnMaintenance('changed', ...keys)],
  ['SkipDuringMaintenance', (...keys: never[]) => SkipDuringMaintenance(...keys)],
])('@%s()', (name, decorate) => {
  it.each([undefined, null, '', 5, Symbol('billing')])('refuses %s in place of a key', (wrong) => {
    for (const keys of [[wrong], ['billing', wrong]]) {
      expect(() => decorate(...(keys as never[]))).toThrow(MaintenanceConfigurationError);
      expect(() => decorate(...(keys as never[]))).toThrow(`"keys of @${name}()" received `);
    }
  });

  it('accepts names and keys', () => {
    expect(() => decorate('billing' as never, new MaintenanceKey('shop') as never)).not.toThrow();
  });
});
