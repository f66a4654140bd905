import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { LogThrottle } from '../../core/common/log-throttle.js';
import { MaintenanceActiveError } from '../../core/errors/active-error.js';
import { MaintenanceError } from '../../core/errors/errors.js';
import { httpReplyOf } from '../../decision/call-facts.js';
import { rawResponse, setHeader } from '../http-port.js';
import { preventCaching } from '../prevent-caching.js';
import { sendBody } from '../refusal/send-body.js';
import { errorJson } from './error-answer.js';
import { visitorAnswerFor } from './visitor-answer.js';

/**
 * Turns errors of this library that an application's own controllers do not catch into the responses of the admin API: 400 for
 * wrong arguments, 404 for an unknown key or window, 409 for a lock that is taken or lost, a conflict or a veto, 503 for a store that
 * failed, a drain, a revoked call, or work that a key kept from starting. Any other `MaintenanceError`, and one about an option that the
 * module lacks, is logged, each cause at most once a minute, and the response is 500. Keys with `public: false` are not named. Outside HTTP it
 * rethrows the error.
 *
 * @example
 * ```ts
 * @UseFilters(MaintenanceErrorFilter)
 * @Controller('operations')
 * export class OperationsController {}
 * ```
 * @publicApi
 */
@Catch(MaintenanceError)
export class MaintenanceErrorFilter implements ExceptionFilter<MaintenanceError> {
  private readonly logger = new Logger('Maintenance');
  // anybody who can send requests could fill the log with them
  private readonly warnings = new LogThrottle((message) => this.logger.warn(message));
  private readonly errors = new LogThrottle((message) => this.logger.error(message));

  /** @throws the error itself outside HTTP */
  catch(error: MaintenanceError, host: ArgumentsHost): void {
    const reply = httpReplyOf(host);
    if (!reply) {
      throw error;
    }
    const answer = visitorAnswerFor(error, (kind, message) => this.warnings.write(kind, message));
    if (!answer) {
      this.errors.write(error.name, error.stack ?? error.message);
    }
    if (rawResponse(reply).headersSent) {
      return;
    }
    const body = answer ?? errorJson(500, 'Internal server error');
    preventCaching(reply);
    setHeader(reply, 'X-Content-Type-Options', 'nosniff');
    setHeader(reply, 'Content-Type', 'application/json; charset=utf-8');
    if (error instanceof MaintenanceActiveError && error.left !== null) {
      setHeader(reply, 'Retry-After', String(Math.max(1, Math.ceil(error.left / 1000))));
    }
    sendBody(reply, body.statusCode, JSON.stringify(body));
  }
}
