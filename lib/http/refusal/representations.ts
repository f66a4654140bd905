import type { ApplicationCalls } from '../../core/common/application-calls.js';
import type { ResolvedOptions } from '../../options/options.js';
import type { HttpRequest } from '../../request/http-request.js';
import { negotiate, type Representation } from '../negotiation.js';

/** The form in which refused requests are answered. */
export class Representations {
  constructor(
    private readonly options: Pick<ResolvedOptions, 'responseType'>,
    private readonly calls: ApplicationCalls,
  ) {}

  of(request: HttpRequest, { accept }: HttpRequest['headers'] = request.headers): Representation {
    const { responseType } = this.options;
    if (responseType === undefined) {
      return negotiate(accept);
    }
    if (typeof responseType === 'string') {
      return responseType;
    }
    const asked: unknown = this.calls.askNow('"responseType"', 'JSON is sent', 'json', () =>
      responseType(request as never),
    );
    if (asked !== 'html' && asked !== 'json') {
      this.calls.wrong('"responseType"', asked, 'JSON is sent');
    }
    return asked === 'html' ? 'html' : 'json';
  }

  /** Whether a browser asks for a page to show; such a page can set cookies. */
  isNavigation(request: HttpRequest): boolean {
    // read once: a getter of Node, which takes 20 ns each time
    const { headers } = request;
    const mode = headers['sec-fetch-mode'];
    const navigates = mode === undefined ? request.method === 'GET' : mode === 'navigate';
    return navigates && this.of(request, headers) === 'html';
  }
}
