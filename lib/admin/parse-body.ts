import { validate } from 'class-validator';
import { badRequest, type FieldError } from './admin.errors.js';

/**
 * Validates the body. Nothing is converted, and the application's own pipes are not involved.
 *
 * Fields are copied one by one and unknown ones are rejected here: class-validator's whitelist lets `__proto__` and
 * `constructor` pass, and class-transformer follows hostile nesting until the stack overflows.
 *
 * @param example a body that is accepted
 * @throws AdminApiError 400 that names every invalid field
 */
export async function parseBody<Dto extends object>(
  body: unknown,
  dto: Dto,
  fields: readonly string[],
  example: string,
): Promise<Dto> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest([{ field: 'body', message: `The body must be a JSON object such as ${example}.` }]);
  }
  const given = body as Record<string, unknown>;
  for (const field of fields) {
    if (Object.hasOwn(given, field)) {
      Object.assign(dto, { [field]: given[field] });
    }
  }
  const errors: FieldError[] = [...unknownFields(body, fields), ...(await wrongFields(dto))];
  if (errors.length > 0) {
    throw badRequest(errors);
  }
  return dto;
}

/** Names of fields, for an error message. */
export const listFields = (fields: readonly string[]): string =>
  fields.map((field) => `"${field}"`).join(', ');

function unknownFields(body: object, fields: readonly string[]): FieldError[] {
  const unknown = Object.keys(body).filter((name) => !fields.includes(name));
  return unknown.slice(0, 10).map((name) => {
    const field = name.slice(0, 100);
    return {
      field,
      message: `Unknown field ${JSON.stringify(field)}; accepted: ${listFields(fields)}.`,
    };
  });
}

async function wrongFields(dto: object): Promise<FieldError[]> {
  const errors = await validate(dto, { stopAtFirstError: true, forbidUnknownValues: true });
  return errors.map(({ property, constraints = {} }) => ({
    field: property,
    message: Object.values(constraints)[0] ?? `"${property}" is not accepted.`,
  }));
}
