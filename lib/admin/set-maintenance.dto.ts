import {
  IsBoolean,
  IsInt,
  IsISO8601,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import type { MaintenanceText } from '../core/texts/maintenance-text.js';
import { IsVisitorText } from './visitor-text.validator.js';
import { LONGEST_REOPENING } from '../core/windows/reopening.js';

const LONGEST_TEXT = 10_000;
/** Milliseconds an answer may be held back; proxies give up long before. */
const LONGEST_DRAIN = 600_000;
const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** `null` is a value of its own: it goes back to what holds when nothing is said. */
const OrNull = (): PropertyDecorator =>
  ValidateIf((_body: object, value: unknown) => value !== undefined && value !== null);
const Given = (): PropertyDecorator => ValidateIf((_body: object, value: unknown) => value !== undefined);

/** What every change may say. */
abstract class ChangeDto {
  /** Milliseconds, 0 for ever. */
  @OrNull()
  @Max(Number.MAX_SAFE_INTEGER, { message: '"timeout" is too long.' })
  @Min(0, { message: '"timeout" must not be negative; 0 is for ever.' })
  @IsInt({ message: '"timeout" must be whole milliseconds, 0 for ever.' })
  timeout?: number | null;

  @OrNull()
  @IsISO8601({ strict: true }, { message: '"until" must be a date that exists, in ISO 8601.' })
  @Matches(WITH_OFFSET, {
    message: '"until" must be ISO 8601 with an offset, such as "2031-03-04T15:06:00+01:00".',
  })
  until?: string | null;

  @OrNull()
  @IsVisitorText('message')
  message?: MaintenanceText | null;

  @OrNull()
  @MaxLength(LONGEST_TEXT, { message: `"reason" must not be longer than ${LONGEST_TEXT} characters.` })
  @IsString({ message: '"reason" must be text.' })
  reason?: string | null;

  /** Milliseconds over which visitors come back; with `mode: false`. */
  @Given()
  @Max(LONGEST_REOPENING, {
    message: `"reopenOver" must not be more than ${LONGEST_REOPENING} milliseconds.`,
  })
  @Min(0, { message: '"reopenOver" must not be negative.' })
  @IsInt({ message: '"reopenOver" must be whole milliseconds.' })
  reopenOver?: number;

  /** Milliseconds to wait until nothing runs any more that was admitted before. */
  @Given()
  @Max(LONGEST_DRAIN, { message: `"drain" must not be more than ${LONGEST_DRAIN} milliseconds.` })
  @Min(0, { message: '"drain" must not be negative.' })
  @IsInt({ message: '"drain" must be whole milliseconds.' })
  drain?: number;
}

/** The body of `PUT {path}/keys/:name`: all there is to say, where what is left out goes back to its default. */
export class PutMaintenanceDto extends ChangeDto {
  @IsBoolean({ message: '"mode" must be true or false.' })
  mode!: boolean;
}

/** The body of `PATCH {path}/keys/:name`: what is left out stays as it is. */
export class PatchMaintenanceDto extends ChangeDto {
  @Given()
  @IsBoolean({ message: '"mode" must be true or false.' })
  mode?: boolean;
}
