export { MaintenanceModule } from './maintenance.module.js';
export { MaintenanceService } from './core/service/maintenance.service.js';
export type { MaintenanceQuietOptions } from './core/service/cluster-view.js';
export type {
  MaintenanceQuiet,
  MaintenanceQuietReplica,
  MaintenanceRunningCall,
} from './core/cluster/quiet.js';
export type { MaintenanceReplica } from './core/service/replica.js';
export type { MaintenanceWaitOptions, MaintenanceWhileOpenOptions } from './core/service/maintenance-work.js';
export type { MaintenanceOtherwise } from './core/service/maintenance-otherwise.js';
export { MaintenanceActiveError } from './core/errors/active-error.js';
export { MaintenanceRevokedError } from './core/errors/revoked-error.js';
export {
  SkipDuringMaintenance,
  type MaintenanceSkipOptions,
} from './background/skip-during-maintenance.decorator.js';
export type {
  MaintenanceWindow,
  MaintenanceWindowFilter,
  MaintenanceWindowRepeat,
} from './core/windows/maintenance-window.js';
export type {
  MaintenanceWindowCancelOptions,
  MaintenanceLocalTime,
  MaintenanceRepeat,
  MaintenanceWindowOptions,
  MaintenanceWindowChanges,
} from './core/windows/window-options.js';
export type {
  MaintenanceSetOptions,
  MaintenanceUnsetOptions,
} from './core/service/set-maintenance-options.js';
export type { MaintenanceHoldOptions, Maintenance } from './core/service/maintenance.js';
export type { MaintenanceEnd } from './core/service/call-options.js';
export type { MaintenanceBypassTokenOptions } from './core/service/bypass-token-options.js';
export type { MaintenanceMenuItem } from './core/service/menu-item.js';
export type { MaintenanceSubject } from './core/service/subject.js';
export type {
  MaintenanceBypassCookieOptions,
  MaintenanceBypassOptions,
  MaintenancePermission,
  MaintenancePermissions,
  MaintenanceRequestFunction,
} from './options/access-options.js';
export type {
  MaintenanceAsyncOptions,
  MaintenanceOptionsCreator,
  MaintenanceOptionsFactory,
} from './options/async-options.js';
export type {
  MaintenanceGeneralOptions,
  MaintenanceModuleOptions,
  MaintenanceRootOptions,
} from './options/options.js';
export type {
  MaintenanceHeaderMiddleware,
  MaintenanceRefusalHeaders,
} from './options/refusal-headers-option.js';
export type {
  MaintenanceAdminOptions,
  MaintenanceSocketOptions,
  MaintenanceStructuralOptions,
} from './options/structural-options.js';
export {
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceError,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  MaintenanceStoreError,
  MaintenanceVetoError,
  UnknownMaintenanceKeyError,
  UnknownMaintenanceWindowError,
} from './core/errors/errors.js';
export { MaintenanceDrainError, type MaintenanceUndrainedReplica } from './core/errors/drain-error.js';
export { DAY, HOUR, MINUTE, MONTH, WEEK } from './core/keys/durations.js';
export { GENERAL_MAINTENANCE } from './core/keys/general-maintenance.js';
export { MaintenanceKey } from './core/keys/maintenance-key.js';
export type {
  MaintenanceHolderJson,
  MaintenanceKeyJson,
  MaintenanceReopeningJson,
  MaintenanceUpcoming,
} from './core/keys/maintenance-key-json.js';
export type { KeyLike, MaintenanceKeyLike } from './core/keys/maintenance-key-like.js';
// the one file exported whole: an interface that applications add to must be
export * from './core/keys/maintenance-key-names.js';
export type { MaintenanceKeyOptions } from './core/keys/maintenance-key-options.js';
export type {
  MaintenanceHold,
  MaintenanceHolder,
  MaintenanceOccurrence,
  MaintenancePhase,
  MaintenanceReopening,
  MaintenanceState,
} from './core/keys/maintenance-state.js';
export type {
  MaintenanceHistoryEntry,
  MaintenanceHistoryFilter,
  MaintenanceHistoryOptions,
} from './core/history/maintenance-history-entry.js';
export type { MaintenanceHistoryEvent } from './core/history/maintenance-history-event.js';
export type { MaintenanceWay } from './core/history/maintenance-way.js';
export type {
  MaintenanceProgress,
  MaintenanceProgressOptions,
  MaintenanceProgressValue,
  MaintenanceVisibleProgress,
} from './core/progress/maintenance-progress.js';
export type { MaintenanceText, MaintenanceTexts } from './core/texts/maintenance-text.js';
export { MaintenanceStatus, type MaintenanceStatusClass } from './core/keys/maintenance-status.js';
export type { MaintenanceTemplate, MaintenanceTemplateContext } from './core/keys/maintenance-template.js';
export { RegisterMaintenanceKey } from './decision/register-maintenance-key.decorator.js';
export type { MaintenanceEvent } from './core/hooks/maintenance-event.js';
export { OnMaintenance } from './decision/on-maintenance.decorator.js';
export { MaintenanceExempt, MaintenanceKeys } from './decision/decorators.js';
export type { MaintenanceRefusalJson } from './decision/refusal.js';
export { MaintenanceGuard } from './http/maintenance.guard.js';
export type { MaintenanceErrorJson } from './http/errors/error-answer.js';
export { MaintenanceErrorFilter } from './http/errors/maintenance-error.filter.js';
export { MaintenanceExceptionFilter } from './http/refusal/maintenance-exception.filter.js';
export { MaintenanceException } from './http/refusal/maintenance.exception.js';
export type { MaintenancePing } from './http/ping.route.js';
export { BUILTIN_TEXTS, DEFAULT_MESSAGE } from './i18n/texts.js';
export { renderMaintenancePage, type MaintenancePageContext } from './http/page/page.js';
export { maintenancePageCsp, type MaintenancePageCspOptions } from './http/page/page-csp.js';
export type { MaintenanceChange } from './core/document/change.js';
export type { MaintenanceCause } from './core/document/record.js';
export type { MaintenanceHealth } from './core/state/store-health.js';
