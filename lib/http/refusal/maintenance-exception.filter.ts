import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { httpReplyOf } from '../../decision/call-facts.js';
import type { HttpRequest } from '../../request/http-request.js';
import { MaintenanceException } from './maintenance.exception.js';
import { RefusalResponder } from './refusal-responder.js';

/**
 * Gives a refused request its page, its redirect or its JSON. It is there by itself and gives way to every filter of the application.
 * Where such a filter responds to everything with JSON, as Sentry's does, add it once more, as the last: Nest asks the last first.
 * Outside HTTP it rethrows the exception.
 *
 * @example
 * ```ts
 * const app = await NestFactory.create(AppModule);
 * app.useGlobalFilters(app.get(MaintenanceExceptionFilter));
 * ```
 * @publicApi
 */
@Injectable()
@Catch(MaintenanceException)
export class MaintenanceExceptionFilter implements ExceptionFilter<MaintenanceException> {
  /** @internal */
  constructor(
    @Inject(RefusalResponder) private readonly responder: RefusalResponder,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    // Nest asks the filter first that was added last: added while providers are made, before any APP_FILTER, it gives
    // way to every filter of the application
    config.addGlobalFilter(this);
  }

  /** @throws the exception itself outside HTTP */
  catch(exception: MaintenanceException, host: ArgumentsHost): void | Promise<void> {
    const reply = httpReplyOf(host);
    if (!reply) {
      throw exception;
    }
    return this.responder.answer(reply, host.getArgByIndex<HttpRequest>(0), exception);
  }
}
