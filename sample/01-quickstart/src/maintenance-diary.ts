import { Injectable, Logger } from '@nestjs/common';
import { OnMaintenance, type MaintenanceChange } from 'nestjs-maintenance';

/** Writes down what changes, on every replica; put the message to your team's chat here. */
@Injectable()
export class MaintenanceDiary {
  private readonly logger = new Logger('Diary');

  @OnMaintenance('changed')
  write({ key, to, cause, actor, reason }: MaintenanceChange): void {
    const who = actor === null ? '' : ` by ${actor}`;
    const why = reason === null ? '' : `: ${reason}`;
    this.logger.log(`${key} is ${to ? 'in maintenance' : 'open'} (${cause}${who})${why}`);
  }
}
