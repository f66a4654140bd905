import {
  IsBoolean,
  IsInt,
  IsISO8601,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  validate,
  ValidateIf,
} from 'class-validator';
import { badRequest, type FieldError } from './admin.errors.js';

const LONGEST_TEXT = 10_000;
const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

const given = (_dto: object, value: unknown): boolean => value !== undefined;
/** Key data has `null` where nothing is known, so `null` says "not given" here too. */
const givenOrNull = (_dto: object, value: unknown): boolean => value !== undefined && value !== null;

/** The body of `PUT {path}/keys/:name`. */
export class SetMaintenanceDto {
  @IsBoolean({ message: '"mode" must be true or false.' })
  mode!: boolean;

  /** Milliseconds. JSON has `null` for what is no number, so `null` is refused. */
  @ValidateIf((dto: SetMaintenanceDto) => given(dto, dto.timeout))
  @Max(Number.MAX_SAFE_INTEGER, { message: '"timeout" is too long.' })
  @Min(0, { message: '"timeout" must not be negative; 0 is for ever.' })
  @IsInt({ message: '"timeout" must be whole milliseconds, 0 for ever.' })
  timeout?: number;

  @ValidateIf((dto: SetMaintenanceDto) => givenOrNull(dto, dto.until))
  @IsISO8601({ strict: true }, { message: '"until" must be a date that exists, in ISO 8601.' })
  @Matches(WITH_OFFSET, {
    message: '"until" must be ISO 8601 with an offset, such as "2031-03-04T15:06:00+01:00".',
  })
  until?: string | null;

  @ValidateIf((dto: SetMaintenanceDto) => givenOrNull(dto, dto.message))
  @MaxLength(LONGEST_TEXT, { message: `"message" must not be longer than ${LONGEST_TEXT} characters.` })
  @IsString({ message: '"message" must be text.' })
  message?: string | null;

  @ValidateIf((dto: SetMaintenanceDto) => givenOrNull(dto, dto.reason))
  @MaxLength(LONGEST_TEXT, { message: `"reason" must not be longer than ${LONGEST_TEXT} characters.` })
  @IsString({ message: '"reason" must be text.' })
  reason?: string | null;
}

const FIELDS = [
  'mode',
  'timeout',
  'until',
  'message',
  'reason',
] as const satisfies (keyof SetMaintenanceDto)[];

/**
 * The body, checked. Nothing is converted, and the application's own pipes have no part in it.
 *
 * Fields are copied one by one and unknown ones are looked for here: class-validator's whitelist lets `__proto__` and
 * `constructor` pass, and class-transformer walks hostile nesting until the stack ends.
 *
 * @throws AdminApiError 400 that names every field that is wrong
 */
export async function parseSetMaintenance(body: unknown): Promise<SetMaintenanceDto> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest([{ field: 'body', message: 'The body must be a JSON object such as {"mode": true}.' }]);
  }
  const dto = Object.assign(
    new SetMaintenanceDto(),
    Object.fromEntries(
      FIELDS.filter((field) => Object.hasOwn(body, field)).map((field) => [
        field,
        (body as Record<string, unknown>)[field],
      ]),
    ),
  );
  const errors: FieldError[] = [...unknownFields(body), ...(await wrongFields(dto))];
  if (errors.length > 0) {
    throw badRequest(errors);
  }
  return dto;
}

function unknownFields(body: object): FieldError[] {
  const unknown = Object.keys(body).filter((name) => !(FIELDS as readonly string[]).includes(name));
  return unknown.slice(0, 10).map((name) => {
    const field = name.slice(0, 100);
    return {
      field,
      message: `Unknown field ${JSON.stringify(field)}; accepted: ${FIELDS.map((known) => `"${known}"`).join(', ')}.`,
    };
  });
}

async function wrongFields(dto: SetMaintenanceDto): Promise<FieldError[]> {
  const errors = await validate(dto, { stopAtFirstError: true, forbidUnknownValues: true });
  return errors.map(({ property, constraints = {} }) => ({
    field: property,
    message: Object.values(constraints)[0] ?? `"${property}" is not accepted.`,
  }));
}
