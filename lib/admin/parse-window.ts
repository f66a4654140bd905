import {
  SCHEDULE_OPTIONS,
  type MaintenanceWindowCancelOptions,
  type MaintenanceLocalTime,
  type MaintenanceRepeat,
  type MaintenanceWindowOptions,
  type MaintenanceWindowChanges,
} from '../core/windows/window-options.js';
import { badRequest } from './admin.errors.js';
import { listFields, parseBody } from './parse-body.js';
import { isInstant } from './dto-checks.js';
import { DeleteWindowDto, PatchWindowDto, PostWindowDto } from './window.dto.js';

/** The actor is known from the request. */
const FIELDS = SCHEDULE_OPTIONS.filter((name) => name !== 'actor');
const EXAMPLE = '{"key": "billing", "start": "2031-03-04T15:06:00+01:00", "duration": 3600000}';

/** @throws AdminApiError 400 that names every field that is wrong */
export async function parsePost(body: unknown): Promise<{ key: string; options: MaintenanceWindowOptions }> {
  const dto = await parseBody(body, new PostWindowDto(), ['key', ...FIELDS], EXAMPLE);
  return { key: dto.key, options: optionsOf(dto) as MaintenanceWindowOptions };
}

/** @throws AdminApiError 400 that names every field that is wrong */
export async function parsePatch(body: unknown): Promise<MaintenanceWindowChanges> {
  const dto = await parseBody(body, new PatchWindowDto(), [...FIELDS, 'ifRevision'], '{"duration": 3600000}');
  return { ...optionsOf(dto), ...(dto.ifRevision !== undefined && { ifRevision: dto.ifRevision }) };
}

/** @throws AdminApiError 400 for changes that change nothing */
export function checkChanges({ ifRevision: _, ...changes }: MaintenanceWindowChanges): void {
  if (Object.keys(changes).length === 0) {
    throw badRequest([
      { field: 'body', message: `The body changes nothing; accepted: one or more of ${listFields(FIELDS)}.` },
    ]);
  }
}

/** @throws AdminApiError 400 that names every field that is wrong */
export async function parseDelete(body: unknown): Promise<MaintenanceWindowCancelOptions> {
  const fields = ['occurrence', 'reason', 'ifRevision'];
  const { occurrence, reason, ifRevision } = await parseBody(
    body,
    new DeleteWindowDto(),
    fields,
    '{"occurrence": "2031-03-04T15:06:00+01:00"}',
  );
  return {
    ...(occurrence !== undefined && { occurrence: new Date(occurrence) }),
    ...(reason !== undefined && { reason }),
    ...(ifRevision !== undefined && { ifRevision }),
  };
}

/** In a query a `+` means a space, and few write `%2B` for that of an offset. @throws AdminApiError 400 */
export const parseQueryInstant = (field: string, value: unknown): Date | undefined =>
  parseInstant(field, typeof value === 'string' ? value.replace(/ (?=\d\d:\d\d$)/, '+') : value);

function parseInstant(field: string, value: unknown): Date | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!isInstant(value)) {
    throw badRequest([
      { field, message: `"${field}" must be a date that exists, in ISO 8601 with an offset.` },
    ]);
  }
  return new Date(value);
}

function optionsOf(dto: PostWindowDto | PatchWindowDto): Partial<MaintenanceWindowOptions> {
  const options: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = dto[field];
    if (value !== undefined) {
      options[field] = value;
    }
  }
  const { start, end, duration, repeat, ...said } = options;
  return {
    ...said,
    ...(start !== undefined && { start: toMoment(start) }),
    // null means nothing: a window always has an end
    ...(end !== undefined && end !== null && { end: toMoment(end) }),
    ...(typeof duration === 'number' && { duration }),
    ...(repeat !== undefined && { repeat: toRepeat(repeat) }),
  };
}

const toMoment = (value: unknown): Date | MaintenanceLocalTime =>
  typeof value === 'string' ? new Date(value) : (value as MaintenanceLocalTime);

function toRepeat(value: unknown): MaintenanceRepeat | null {
  if (value === null) {
    return null;
  }
  const { until, ...repeat } = value as MaintenanceRepeat & { until?: unknown };
  const end = until === undefined || until === null ? undefined : parseInstant('repeat.until', until);
  return { ...repeat, ...(end && { until: end }) };
}
