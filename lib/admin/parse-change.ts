import type {
  MaintenanceSetOptions,
  MaintenanceUnsetOptions,
} from '../core/service/set-maintenance-options.js';
import { badRequest } from './admin.errors.js';
import { listFields, parseBody } from './parse-body.js';
import { DeleteMaintenanceDto, PatchMaintenanceDto, PutMaintenanceDto } from './set-maintenance.dto.js';

const FIELDS = [
  'mode',
  'timeout',
  'until',
  'message',
  'reason',
  'reopenOver',
  'drain',
] as const satisfies (keyof PutMaintenanceDto)[];

const EXAMPLE = '{"mode": true}';

/** @throws AdminApiError 400 that names every field that is wrong */
export function parsePut(body: unknown): Promise<PutMaintenanceDto> {
  return parseBody(body, new PutMaintenanceDto(), FIELDS, EXAMPLE);
}

/** @throws AdminApiError 400 that names every field that is wrong, and for a body that says nothing */
export async function parsePatch(body: unknown): Promise<PatchMaintenanceDto> {
  const dto = await parseBody(body, new PatchMaintenanceDto(), FIELDS, EXAMPLE);
  if (FIELDS.every((field) => dto[field] === undefined)) {
    throw badRequest([
      { field: 'body', message: `The body has no fields; accepted: ${listFields(FIELDS)}.` },
    ]);
  }
  return dto;
}

/** @throws AdminApiError 400 that names every field that is wrong */
export async function parseDelete(body: unknown): Promise<Pick<MaintenanceUnsetOptions, 'reason'>> {
  const { reason } = await parseBody(body, new DeleteMaintenanceDto(), ['reason'], '{"reason": "done"}');
  return { reason: reason || null };
}

/** What a `PUT` sets: everything. */
export function optionsOfPut({
  timeout,
  until,
  message,
  reason,
  reopenOver,
}: PutMaintenanceDto): MaintenanceSetOptions {
  return {
    ...(endOf(timeout, until) ?? { timeout: null }),
    message: message || null,
    reason: reason || null,
    ...(reopenOver !== undefined && { reopenOver }),
  };
}

/** What a `PATCH` sets: the given fields. */
export function optionsOfPatch({
  timeout,
  until,
  message,
  reason,
  reopenOver,
}: PatchMaintenanceDto): MaintenanceSetOptions {
  return {
    ...endOf(timeout, until),
    ...(message !== undefined && { message: message || null }),
    ...(reason !== undefined && { reason: reason || null }),
    ...(reopenOver !== undefined && { reopenOver }),
  };
}

/** `null` for both, or for one if the other is absent, means the key's safety net. */
function endOf(
  timeout: number | null | undefined,
  until: string | null | undefined,
): Pick<MaintenanceSetOptions, 'timeout' | 'until'> | undefined {
  if ((timeout ?? until ?? undefined) === undefined) {
    return timeout === null || until === null ? { timeout: null } : undefined;
  }
  return {
    ...(typeof timeout === 'number' && { timeout }),
    ...(typeof until === 'string' && { until: new Date(until) }),
  };
}
