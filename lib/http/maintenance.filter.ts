import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { setHeader, type HttpReply, type HttpRequest } from './http-port.js';
import { MaintenanceException, MaintenanceRedirect } from './maintenance.exception.js';
import { Refuser, sendBody } from './refuser.js';

/** Gives a refusal its page. Status, JSON and headers do not depend on it. */
@Injectable()
@Catch(MaintenanceException, MaintenanceRedirect)
export class MaintenanceFilter implements ExceptionFilter {
  constructor(@Inject(Refuser) private readonly refuser: Refuser) {}

  catch(exception: MaintenanceException | MaintenanceRedirect, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') {
      throw exception;
    }
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const reply = host.switchToHttp().getResponse<HttpReply>();
    return exception instanceof MaintenanceRedirect
      ? redirect(reply, exception)
      : this.refuse(exception, request, reply);
  }

  private refuse(exception: MaintenanceException, request: HttpRequest, reply: HttpReply): unknown {
    const { refuser } = this;
    const representation = refuser.representation(request);
    const elsewhere = representation === 'html' ? refuser.redirect(request) : undefined;
    if (elsewhere !== undefined) {
      return redirect(reply, new MaintenanceRedirect(302, elsewhere));
    }
    const ready = refuser.body(exception, request, representation);
    const status = exception.getStatus();
    return ready instanceof Promise
      ? ready.then((body) => refuser.send(reply, status, body))
      : refuser.send(reply, status, ready);
  }
}

function redirect(reply: HttpReply, exception: MaintenanceRedirect): void {
  setHeader(reply, 'Location', exception.location);
  sendBody(reply, exception.getStatus(), Buffer.alloc(0));
}
