// Compiled by key-names.spec.ts alone: the declaration holds for a whole program.
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  OnMaintenance,
  type KeyLike,
  type MaintenanceKeyLike,
  type MaintenanceService,
} from 'nestjs-maintenance';

declare module 'nestjs-maintenance' {
  interface MaintenanceKeyNames {
    billing: true;
  }
}

declare const service: MaintenanceService;

export const right: unknown[] = [
  'billing' satisfies KeyLike,
  'general' satisfies MaintenanceKeyLike,
  new MaintenanceKey('whatever') satisfies KeyLike,
  MaintenanceKeys('billing', new MaintenanceKey('whatever')),
  MaintenanceExempt('general'),
  MaintenanceExempt(),
  OnMaintenance('changed', 'billing'),
  service.isActive('billing'),
  service.setMaintenance(true, 'billing'),
  service.maintain('general'),
];

export const wrong: unknown[] = [
  // @ts-expect-error no such key
  'biling' satisfies KeyLike,
  // @ts-expect-error no such key
  MaintenanceKeys('biling'),
  // @ts-expect-error no such key
  MaintenanceExempt('billing', 'biling'),
  // @ts-expect-error no such key
  OnMaintenance('changed', 'biling'),
  // @ts-expect-error no such key
  service.isActive(['billing', 'biling']),
  // @ts-expect-error no such key
  service.setMaintenance(true, 'biling'),
  // @ts-expect-error no such key
  service.maintain('biling'),
];
