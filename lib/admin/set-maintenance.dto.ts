import { IsBoolean, IsInt, IsISO8601, Matches, Max, Min } from 'class-validator';
import type { MaintenanceText } from '../core/texts/maintenance-text.js';
import { Given, IsMilliseconds, IsReopenOver, IsText, OrNull, WITH_OFFSET } from './dto-checks.js';
import { IsVisitorText } from './visitor-text.validator.js';

/** Milliseconds that a response may be held back; proxies give up long before. */
const LONGEST_DRAIN = 600_000;

/** Fields of every change. */
abstract class ChangeDto {
  /** Milliseconds, 0 means for ever. It or `until`; `null` beside the other counts as left out. No effect with `mode: false`. */
  @OrNull()
  @Max(Number.MAX_SAFE_INTEGER, {
    message: `"timeout" must not be more than ${Number.MAX_SAFE_INTEGER} milliseconds.`,
  })
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

  @IsText('reason')
  reason?: string | null;

  /** Milliseconds over which visitors come back; with `mode: false`. */
  @IsReopenOver()
  reopenOver?: number;

  /** Milliseconds to wait until nothing that was admitted earlier is running any more. */
  @IsMilliseconds('drain', LONGEST_DRAIN)
  drain?: number;
}

/** The body of `PUT {path}/keys/:name`: fields left out go back to their defaults. */
export class PutMaintenanceDto extends ChangeDto {
  @IsBoolean({ message: '"mode" must be true or false.' })
  mode!: boolean;
}

/** The body of `PATCH {path}/keys/:name`: fields left out stay as they are. */
export class PatchMaintenanceDto extends ChangeDto {
  @Given()
  @IsBoolean({ message: '"mode" must be true or false.' })
  mode?: boolean;
}

/** The body that `DELETE {path}/keys/:name` may have. */
export class DeleteMaintenanceDto {
  @IsText('reason')
  reason?: string | null;
}
