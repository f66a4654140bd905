import { applyDecorators } from '@nestjs/common';
import { IsInt, IsString, Max, MaxLength, Min, ValidateIf } from 'class-validator';
import { LONGEST_TEXT } from '../core/texts/text-option.js';
import { LONGEST_REOPENING } from '../core/windows/reopening.js';

/** An instant, as the API accepts it; whether the day exists is asked separately. */
export const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** An instant with an offset, of a day that exists: `Date` takes 30 February for 2 March. */
export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !WITH_OFFSET.test(value) || Number.isNaN(Date.parse(value))) {
    return false;
  }
  const day = value.slice(0, 10);
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day);
}

/** Checked only if present. */
export const Given = (): PropertyDecorator =>
  ValidateIf((_body: object, value: unknown) => value !== undefined);

/** The same, with `null` as a value of its own: the default. */
export const OrNull = (): PropertyDecorator =>
  ValidateIf((_body: object, value: unknown) => value !== undefined && value !== null);

/** A text that only operators read. The first failed check is reported. */
export const IsText = (name: string): PropertyDecorator =>
  applyDecorators(
    OrNull(),
    IsString({ message: `"${name}" must be text.` }),
    MaxLength(LONGEST_TEXT, { message: `"${name}" must not be longer than ${LONGEST_TEXT} characters.` }),
  );

/** A length of time; 0: none. */
export const IsMilliseconds = (name: string, longest?: number): PropertyDecorator =>
  applyDecorators(
    Given(),
    IsInt({ message: `"${name}" must be whole milliseconds.` }),
    Min(0, { message: `"${name}" must not be negative.` }),
    ...(longest === undefined
      ? []
      : [Max(longest, { message: `"${name}" must not be more than ${longest} milliseconds.` })]),
  );

/** How long visitors take to come back. */
export const IsReopenOver = (): PropertyDecorator => IsMilliseconds('reopenOver', LONGEST_REOPENING);
