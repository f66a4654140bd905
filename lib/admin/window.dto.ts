import { applyDecorators } from '@nestjs/common';
import { IsInt, IsObject, IsString, Min, ValidateBy } from 'class-validator';
import type { MaintenanceText } from '../core/texts/maintenance-text.js';
import { Given, isInstant, IsMilliseconds, IsReopenOver, IsText, OrNull } from './dto-checks.js';
import { IsVisitorText } from './visitor-text.validator.js';

const isLocalTime = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'at' in value && 'timeZone' in value;

/** A moment in JSON form; what it means is checked when the window is planned. */
const IsMoment = (name: string): PropertyDecorator =>
  ValidateBy({
    name: 'isMoment',
    validator: {
      validate: (value) => isInstant(value) || isLocalTime(value),
      defaultMessage: () =>
        `"${name}" must be a date that exists, in ISO 8601 with an offset, or {"at": "2031-03-04T15:06", "timeZone": "Europe/Berlin"}.`,
    },
  });

/** The revision of the window that the sender knows. */
const IsRevision = (): PropertyDecorator =>
  applyDecorators(
    Given(),
    IsInt({ message: '"ifRevision" must be the revision of the window.' }),
    Min(1, { message: '"ifRevision" must be the revision of the window.' }),
  );

/** Fields of every change of a window. */
abstract class WindowDto {
  @OrNull()
  @IsMoment('end')
  end?: string | object | null;

  /** Milliseconds. */
  @OrNull()
  @Min(1, { message: '"duration" must be at least 1 millisecond.' })
  @IsInt({ message: '"duration" must be whole milliseconds.' })
  duration?: number | null;

  @OrNull()
  @IsObject({
    message: '"repeat" must be an object such as {"cron": "30 2 * * SUN", "timeZone": "Europe/Berlin"}.',
  })
  repeat?: object | null;

  @Given()
  @ValidateBy({
    name: 'isAnnouncement',
    validator: {
      validate: (value) => value === false || (Number.isSafeInteger(value) && (value as number) >= 0),
      defaultMessage: () => '"announce" must be whole milliseconds before the start, or false.',
    },
  })
  announce?: number | false;

  /** Milliseconds. */
  @IsMilliseconds('readOnly')
  readOnly?: number;

  /** Milliseconds. */
  @IsReopenOver()
  reopenOver?: number;

  @OrNull()
  @IsVisitorText('announcement')
  announcement?: MaintenanceText | null;

  @OrNull()
  @IsVisitorText('message')
  message?: MaintenanceText | null;

  @IsText('reason')
  reason?: string | null;
}

/** The body of `POST {path}/windows`. */
export class PostWindowDto extends WindowDto {
  @IsString({ message: '"key" must be the name of a maintenance key.' })
  key!: string;

  @IsMoment('start')
  start!: string | object;
}

/** The body of `PATCH {path}/windows/:id`: fields left out stay as they are. */
export class PatchWindowDto extends WindowDto {
  @Given()
  @IsMoment('start')
  start?: string | object;

  @IsRevision()
  ifRevision?: number;
}

/** The body that `DELETE {path}/windows/:id` may have. */
export class DeleteWindowDto {
  /** Start of the occurrence in question. */
  @Given()
  @ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: () => '"occurrence" must be a date that exists, in ISO 8601 with an offset.',
    },
  })
  occurrence?: string;

  @IsText('reason')
  reason?: string | null;

  @IsRevision()
  ifRevision?: number;
}
