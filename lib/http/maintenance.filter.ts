import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { HttpReply, HttpRequest } from './http-port.js';
import { MaintenanceException } from './maintenance.exception.js';
import { Refuser } from './refuser.js';

/** Gives a refusal its page. Status, JSON and headers do not depend on it. */
@Injectable()
@Catch(MaintenanceException)
export class MaintenanceFilter implements ExceptionFilter {
  constructor(@Inject(Refuser) private readonly refuser: Refuser) {}

  catch(exception: MaintenanceException, host: ArgumentsHost): void | Promise<void> {
    if (host.getType() !== 'http') {
      throw exception;
    }
    const http = host.switchToHttp();
    return this.refuser.answer(http.getResponse<HttpReply>(), http.getRequest<HttpRequest>(), exception);
  }
}
