import { ConflictException, Controller, Post, Query, UseGuards } from '@nestjs/common';
import { MaintenanceExempt, MaintenanceLockedError, MaintenanceService } from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineerGuard } from '../operators/engineer.guard.js';
import { OperatorGuard } from '../operators/operator.guard.js';
import { CATALOGUE_IMPORT } from './catalogue.key.js';

const PARTS = 20;

/** Exempt, so that a second import gets its own answer: one is under way. */
@MaintenanceExempt()
@UseGuards(OperatorGuard, EngineerGuard)
@Controller('catalogue')
export class CatalogueController {
  constructor(private readonly maintenance: MaintenanceService) {}

  /** `work` begins when no order is being written any more, and nobody can place one until it ends. */
  @Post('import')
  async import(@Query('seconds') seconds = '10'): Promise<{ imported: number }> {
    try {
      return await this.maintenance.maintain(
        CATALOGUE_IMPORT,
        async ({ signal, progress }) => {
          for (let done = 0; done < PARTS; done++) {
            progress({ done, total: PARTS }, { step: 'Importing products', public: true });
            await delay((Number(seconds) * 1000) / PARTS, undefined, { signal });
          }
          return { imported: 3 };
        },
        { message: 'New products are coming in. You can order again in a moment.' },
      );
    } catch (error) {
      throw error instanceof MaintenanceLockedError
        ? new ConflictException('An import is under way.', { cause: error })
        : error;
    }
  }
}
