import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { MaintenanceException } from './maintenance.exception.js';
import { RefusalResponder } from './refusal-responder.js';

/** Gives a refusal its page. Status, JSON and headers do not depend on it. */
@Injectable()
@Catch(MaintenanceException)
export class MaintenanceFilter implements ExceptionFilter {
  constructor(
    @Inject(RefusalResponder) private readonly responder: RefusalResponder,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    // Nest asks the filter first that was added last: added while providers are made, before any APP_FILTER, it gives
    // way to every filter of the application
    config.addGlobalFilter(this);
  }

  catch(exception: MaintenanceException, host: ArgumentsHost): void | Promise<void> {
    if (host.getType() !== 'http') {
      throw exception;
    }
    return this.responder.answer(
      host.getArgByIndex<HttpReply>(1),
      host.getArgByIndex<HttpRequest>(0),
      exception,
    );
  }
}
