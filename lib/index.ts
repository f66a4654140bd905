export { MaintenanceModule } from './maintenance.module.js';
export { MaintenanceService, type KeyLike } from './maintenance.service.js';
export type { MaintenanceReplica } from './maintenance.replica.js';
export type { SetMaintenanceOptions } from './maintenance.switch.js';
export type { MaintainOptions, Maintenance } from './maintenance.js';
export type { MaintenanceWindow } from './maintenance.durations.js';
export type { MaintenanceMenuItem } from './maintenance.menu.js';
export type {
  MaintenanceAdminOptions,
  MaintenanceAsyncOptions,
  MaintenanceBypassOptions,
  MaintenanceModuleOptions,
  MaintenanceOptionsCreator,
  MaintenanceOptionsFactory,
  MaintenancePermission,
  MaintenancePermissions,
  MaintenanceRequestFunction,
  MaintenanceRootOptions,
  MaintenanceSocketOptions,
  MaintenanceStructuralOptions,
  MaintenanceSubject,
} from './maintenance.options.js';
export {
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceDrainError,
  MaintenanceError,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  MaintenanceStoreError,
  UnknownMaintenanceKeyError,
  type UndrainedReplica,
} from './maintenance.errors.js';
export { DAY, HOUR, MINUTE, MONTH, WEEK } from './keys/durations.js';
export { GENERAL_MAINTENANCE, MaintenanceKey, type MaintenanceKeyJson } from './keys/maintenance-key.js';
export type { MaintenanceKeyOptions } from './keys/maintenance-key-options.js';
export type { MaintenanceHold, MaintenanceState } from './keys/maintenance-state.js';
export { MaintenanceStatus, type MaintenanceStatusClass } from './keys/maintenance-status.js';
export type { MaintenanceTemplate, MaintenanceTemplateContext } from './keys/maintenance-template.js';
export { RegisterMaintenanceKey } from './keys/register-maintenance-key.decorator.js';
export { OnMaintenance, type MaintenanceEvent } from './hooks/on-maintenance.decorator.js';
export { MaintenanceExempt, MaintenanceKeys } from './decision/decorators.js';
export type { BypassTokenOptions } from './decision/bypass-tokens.js';
export { DEFAULT_MESSAGE, type MaintenanceRefusalJson } from './decision/refusal.js';
export { MaintenanceGuard } from './http/maintenance.guard.js';
export { MaintenanceException } from './http/maintenance.exception.js';
export type { MaintenancePing } from './http/ping.controller.js';
export {
  BUILTIN_TEXTS,
  maintenancePageCsp,
  renderMaintenancePage,
  type MaintenancePageContext,
  type MaintenancePageCspOptions,
} from './http/page/page.js';
export type { MaintenanceChange } from './state/change.js';
export type { MaintenanceCause } from './state/record.js';
export type { MaintenanceHealth } from './state/store-touch.js';
