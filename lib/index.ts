export { MaintenanceModule } from './maintenance.module.js';
export { MaintenanceService, type MaintenanceKeyLike } from './core/service/maintenance.service.js';
export type { MaintenanceReplica } from './core/service/replica.js';
export type { SetMaintenanceOptions } from './core/service/switch.js';
export type { MaintainOptions, Maintenance } from './core/service/maintenance.js';
export type { MaintenanceEnd } from './core/service/call-options.js';
export type { MaintenanceMenuItem } from './admin/menu-item.js';
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
} from './options/options.js';
export {
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceDrainError,
  MaintenanceError,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  MaintenanceStoreError,
  MaintenanceVetoError,
  UnknownMaintenanceKeyError,
  type MaintenanceUndrainedReplica,
} from './core/errors/errors.js';
export { DAY, HOUR, MINUTE, MONTH, WEEK } from './core/keys/durations.js';
export { GENERAL_MAINTENANCE, MaintenanceKey, type MaintenanceKeyJson } from './core/keys/maintenance-key.js';
export type { MaintenanceKeyOptions } from './core/keys/maintenance-key-options.js';
export type { MaintenanceHold, MaintenanceState } from './core/keys/maintenance-state.js';
export { MaintenanceStatus, type MaintenanceStatusClass } from './core/keys/maintenance-status.js';
export type { MaintenanceTemplate, MaintenanceTemplateContext } from './core/keys/maintenance-template.js';
export { RegisterMaintenanceKey } from './decision/register-maintenance-key.decorator.js';
export { OnMaintenance, type MaintenanceEvent } from './decision/on-maintenance.decorator.js';
export { MaintenanceExempt, MaintenanceKeys } from './decision/decorators.js';
export type { BypassTokenOptions } from './access/bypass-tokens.js';
export { DEFAULT_MESSAGE, type MaintenanceRefusalJson } from './decision/refusal.js';
export { MaintenanceGuard } from './http/maintenance.guard.js';
export { MaintenanceException } from './http/refusal/maintenance.exception.js';
export type { MaintenancePing } from './http/ping.controller.js';
export {
  BUILTIN_TEXTS,
  maintenancePageCsp,
  renderMaintenancePage,
  type MaintenancePageContext,
  type MaintenancePageCspOptions,
} from './http/page/page.js';
export type { MaintenanceChange } from './core/document/change.js';
export type { MaintenanceCause } from './core/document/record.js';
export type { MaintenanceHealth } from './core/state/store-health.js';
