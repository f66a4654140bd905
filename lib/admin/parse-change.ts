import { validate } from 'class-validator';
import type { MaintenanceSetOptions } from '../core/service/set-maintenance-options.js';
import { badRequest, type FieldError } from './admin.errors.js';
import { PatchMaintenanceDto, PutMaintenanceDto } from './set-maintenance.dto.js';

const FIELDS = [
  'mode',
  'timeout',
  'until',
  'message',
  'reason',
  'drain',
] as const satisfies (keyof PutMaintenanceDto)[];

/** @throws AdminApiError 400 that names every field that is wrong */
export function parsePut(body: unknown): Promise<PutMaintenanceDto> {
  return parse(body, new PutMaintenanceDto());
}

/** @throws AdminApiError 400 that names every field that is wrong, and for a body that says nothing */
export async function parsePatch(body: unknown): Promise<PatchMaintenanceDto> {
  const dto = await parse(body, new PatchMaintenanceDto());
  if (FIELDS.every((field) => dto[field] === undefined)) {
    throw badRequest([{ field: 'body', message: `The body has no fields; accepted: ${list(FIELDS)}.` }]);
  }
  return dto;
}

/**
 * The body, checked. Nothing is converted, and the application's own pipes have no part in it.
 *
 * Fields are copied one by one and unknown ones are looked for here: class-validator's whitelist lets `__proto__` and
 * `constructor` pass, and class-transformer walks hostile nesting until the stack ends.
 */
async function parse<Dto extends PutMaintenanceDto | PatchMaintenanceDto>(
  body: unknown,
  dto: Dto,
): Promise<Dto> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest([{ field: 'body', message: 'The body must be a JSON object such as {"mode": true}.' }]);
  }
  const given = body as Record<string, unknown>;
  for (const field of FIELDS) {
    if (Object.hasOwn(given, field)) {
      Object.assign(dto, { [field]: given[field] });
    }
  }
  const errors: FieldError[] = [...unknownFields(body), ...(await wrongFields(dto))];
  if (errors.length > 0) {
    throw badRequest(errors);
  }
  return dto;
}

/** What a `PUT` sets: all of it. */
export function optionsOfPut({ timeout, until, message, reason }: PutMaintenanceDto): MaintenanceSetOptions {
  return {
    ...(endOf(timeout, until) ?? { timeout: null }),
    message: message || null,
    reason: reason || null,
  };
}

/** What a `PATCH` sets: what it names. */
export function optionsOfPatch({
  timeout,
  until,
  message,
  reason,
}: PatchMaintenanceDto): MaintenanceSetOptions {
  return {
    ...endOf(timeout, until),
    ...(message !== undefined && { message: message || null }),
    ...(reason !== undefined && { reason: reason || null }),
  };
}

/** `null` for both, or for one where the other is not given, is the key's safety net. */
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

function unknownFields(body: object): FieldError[] {
  const unknown = Object.keys(body).filter((name) => !(FIELDS as readonly string[]).includes(name));
  return unknown.slice(0, 10).map((name) => {
    const field = name.slice(0, 100);
    return { field, message: `Unknown field ${JSON.stringify(field)}; accepted: ${list(FIELDS)}.` };
  });
}

async function wrongFields(dto: object): Promise<FieldError[]> {
  const errors = await validate(dto, { stopAtFirstError: true, forbidUnknownValues: true });
  return errors.map(({ property, constraints = {} }) => ({
    field: property,
    message: Object.values(constraints)[0] ?? `"${property}" is not accepted.`,
  }));
}

const list = (fields: readonly string[]): string => fields.map((field) => `"${field}"`).join(', ');
