import { STATUS_CODES } from 'node:http';
import { Logger } from '@nestjs/common';
import { MaintenanceActiveError } from '../../core/errors/active-error.js';
import { MaintenanceDrainError } from '../../core/errors/drain-error.js';
import {
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  MaintenanceStoreError,
  MaintenanceVetoError,
  UnknownMaintenanceKeyError,
  UnknownMaintenanceWindowError,
} from '../../core/errors/errors.js';
import { isHookRefusal } from '../../core/hooks/hook-runner.js';
import { messageOf } from '../../core/errors/message-of.js';
import { MaintenanceRevokedError } from '../../core/errors/revoked-error.js';

/** The JSON body of an error response of the admin API and of `MaintenanceErrorFilter`. @publicApi */
export interface MaintenanceErrorJson {
  /** HTTP status. */
  statusCode: number;
  /** Name of the status, such as `'Conflict'`. */
  error: string;
  /** What went wrong. */
  message: string;
  /** Identifies the kind of error: that of the library's errors (`'MAINTENANCE_LOCKED'`, …), or the API's own. */
  code?: string;
  /** Only for 400: what is wrong with which field. */
  errors?: readonly {
    /** Name of the field. */
    readonly field: string;
    /** What is wrong, and what is accepted. */
    readonly message: string;
  }[];
  /** Only if the store failed: `'unknown'`: the change may have taken effect; `'refused'`: it has not. */
  outcome?: 'unknown' | 'refused';
}

const logger = new Logger('Maintenance');

/** The details of an error response. */
export type ErrorDetails = Pick<MaintenanceErrorJson, 'code' | 'errors' | 'outcome'>;

/** Logs what the response keeps back. */
export type LogWrite = (kind: string, message: string) => void;
const write: LogWrite = (_kind, message) => logger.warn(message);

/** The body of an error with that status. */
export const errorJson = (
  statusCode: number,
  message: string,
  details: ErrorDetails = {},
): MaintenanceErrorJson => ({
  statusCode,
  error: STATUS_CODES[statusCode] ?? 'Error',
  message,
  ...details,
});

/** Options of the module without which a method of the service cannot work, whatever a client has sent. */
const OF_THE_APPLICATION: ReadonlySet<string | undefined> = new Set(['followCalls', 'bypass.secret']);

/** The response for an error of this library; `undefined` for one that only the log should show. */
export function answerFor(error: unknown, log = write): MaintenanceErrorJson | undefined {
  if (error instanceof MaintenanceVetoError) {
    return errorJson(409, `The change was refused: ${error.message}`, { code: error.code });
  }
  if (isHookRefusal(error)) {
    // only a veto is meant for people; other errors may contain anything
    log('hook', `A hook refused a change: ${messageOf(error)}`);
    return errorJson(409, 'The change was refused by a hook.', { code: 'MAINTENANCE_VETO' });
  }
  if (error instanceof MaintenanceConfigurationError && !OF_THE_APPLICATION.has(error.option)) {
    const { option: field = 'body', message } = error;
    return errorJson(400, message, { code: error.code, errors: [{ field, message }] });
  }
  if (error instanceof UnknownMaintenanceKeyError || error instanceof UnknownMaintenanceWindowError) {
    return errorJson(404, error.message, { code: error.code });
  }
  if (
    error instanceof MaintenanceLockedError ||
    error instanceof MaintenanceConflictError ||
    error instanceof MaintenanceLockLostError
  ) {
    return errorJson(409, error.message, { code: error.code });
  }
  if (error instanceof MaintenanceActiveError || error instanceof MaintenanceRevokedError) {
    return errorJson(503, error.message, { code: error.code });
  }
  if (error instanceof MaintenanceDrainError) {
    // which hosts and routes there are is for operators only
    log('drain', error.message);
    return errorJson(
      503,
      'Requests that began before the maintenance did not end in time. Nothing was changed.',
      { code: error.code },
    );
  }
  if (error instanceof MaintenanceStoreError) {
    // and so is what the store itself says
    log('store', `The store failed a request: ${error.message}`);
    return storeFailure(error);
  }
  return undefined;
}

const storeFailure = ({ code, outcome }: MaintenanceStoreError): MaintenanceErrorJson =>
  errorJson(
    503,
    outcome === 'refused'
      ? 'The store cannot be written to at the moment. Nothing was changed.'
      : 'The store did not respond. It is unknown whether the change was made: check the state before you try again.',
    { code, outcome },
  );
