export { createMaintenance } from './create-maintenance.js';
export { StandaloneMaintenance } from './standalone-maintenance.js';
export type { MaintenanceStandaloneLogger, MaintenanceStandaloneOptions } from './standalone-options.js';
export {
  SkipDuringMaintenance,
  type MaintenanceSkipOptions,
} from '../background/skip-during-maintenance.decorator.js';
export { MaintenanceExempt, MaintenanceKeys } from '../decision/decorators.js';
export { MaintenanceService } from '../core/service/maintenance.service.js';
export type { MaintenanceQuietOptions } from '../core/service/cluster-view.js';
export type {
  MaintenanceQuiet,
  MaintenanceQuietReplica,
  MaintenanceRunningCall,
} from '../core/cluster/quiet.js';
export type { MaintenanceReplica } from '../core/service/replica.js';
export type {
  MaintenanceWindow,
  MaintenanceWindowFilter,
  MaintenanceWindowRepeat,
} from '../core/windows/maintenance-window.js';
export type {
  MaintenanceLocalTime,
  MaintenanceRepeat,
  MaintenanceWindowCancelOptions,
  MaintenanceWindowChanges,
  MaintenanceWindowOptions,
} from '../core/windows/window-options.js';
export type {
  MaintenanceWaitOptions,
  MaintenanceWhileOpenOptions,
} from '../core/service/maintenance-work.js';
export type { MaintenanceOtherwise } from '../core/service/maintenance-otherwise.js';
export type {
  MaintenanceHistoryEntry,
  MaintenanceHistoryFilter,
  MaintenanceHistoryOptions,
} from '../core/history/maintenance-history-entry.js';
export type { MaintenanceHistoryEvent } from '../core/history/maintenance-history-event.js';
export type { MaintenanceWay } from '../core/history/maintenance-way.js';
export type {
  MaintenanceProgress,
  MaintenanceProgressOptions,
  MaintenanceProgressValue,
  MaintenanceVisibleProgress,
} from '../core/progress/maintenance-progress.js';
export type { MaintenanceText, MaintenanceTexts } from '../core/texts/maintenance-text.js';
export type {
  MaintenanceSetOptions,
  MaintenanceUnsetOptions,
} from '../core/service/set-maintenance-options.js';
export type { MaintenanceHoldOptions, Maintenance } from '../core/service/maintenance.js';
export type { MaintenanceEnd } from '../core/service/call-options.js';
export type { MaintenanceBypassTokenOptions } from '../core/service/bypass-token-options.js';
export { MaintenanceActiveError } from '../core/errors/active-error.js';
export { MaintenanceRevokedError } from '../core/errors/revoked-error.js';
export {
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceError,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  MaintenanceStoreError,
  UnknownMaintenanceKeyError,
  UnknownMaintenanceWindowError,
} from '../core/errors/errors.js';
export { MaintenanceDrainError, type MaintenanceUndrainedReplica } from '../core/errors/drain-error.js';
export { DAY, HOUR, MINUTE, MONTH, WEEK } from '../core/keys/durations.js';
export { GENERAL_MAINTENANCE } from '../core/keys/general-maintenance.js';
export { MaintenanceKey } from '../core/keys/maintenance-key.js';
export type { MaintenanceHolderJson, MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';
export type { KeyLike, MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';
export type { MaintenanceKeyOptions } from '../core/keys/maintenance-key-options.js';
export type {
  MaintenanceHold,
  MaintenanceHolder,
  MaintenancePhase,
  MaintenanceState,
} from '../core/keys/maintenance-state.js';
export { MaintenanceStatus, type MaintenanceStatusClass } from '../core/keys/maintenance-status.js';
export type { MaintenanceTemplate, MaintenanceTemplateContext } from '../core/keys/maintenance-template.js';
export type { MaintenanceChange } from '../core/document/change.js';
export type { MaintenanceCause } from '../core/document/record.js';
export type { MaintenanceHealth } from '../core/state/store-health.js';
