// Requests that wait for another key than their own.
import { Controller, Get, Headers, Param, type Type } from '@nestjs/common';
import { MaintenanceService } from '../../lib/index.js';

/** @param handle notes a handler's run, which takes so many ms */
export function waitingControllerOf(
  key: string,
  mark: ClassDecorator,
  handle: (call: string, route: string, ms: number) => Promise<void>,
): Type {
  @Controller(key)
  @mark
  class WaitingController {
    constructor(private readonly service: MaintenanceService) {}

    /** Begins once the other key is open, whatever is on then. */
    @Get('waits/:ms')
    async waits(@Headers('x-call') call: string, @Param('ms') ms: string): Promise<string> {
      await this.service.waitUntilOpen('a');
      await handle(call, `/${key}/waits`, Number(ms));
      return 'done';
    }

    /** The same, unless its own key is on then. */
    @Get('later/:ms')
    async later(@Headers('x-call') call: string, @Param('ms') ms: string): Promise<string> {
      await this.service.waitUntilOpen('a');
      return this.service
        .whileOpen(key, () => handle(call, `/${key}/later`, Number(ms)))
        .then(
          () => 'done',
          () => 'not now',
        );
    }
  }
  return WaitingController;
}
