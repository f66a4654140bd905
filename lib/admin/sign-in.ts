import { HttpException, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { negotiate } from '../http/negotiation.js';
import type { MountedPaths } from '../http/mounted-path.js';
import { MaintenanceExceptionFilter } from '../http/refusal/maintenance-exception.filter.js';
import { RefusedEventFilter } from '../messages/refused-event.filter.js';
import type { HttpRequest } from '../request/http-request.js';
import type { ResolvedStructure } from '../options/structural-options.js';

const ANSWERS_ITSELF = 'nestjs-maintenance:answers-itself';

/** Marks a handler that the application's guards may refuse. */
export const AnswersRefused = (): MethodDecorator => SetMetadata(ANSWERS_ITSELF, true);

/** Where to send people who open the admin page and are not signed in, or may not see it. */
export class SignIn {
  /** Refusals of guards, by request. */
  private readonly refused = new WeakMap<object, HttpException>();

  constructor(
    private readonly structure: ResolvedStructure,
    private readonly paths: MountedPaths,
    private readonly config: ApplicationConfig,
  ) {}

  /** Where to sign in, with the way back to the page; `null` if not configured. */
  url(request: HttpRequest): string | null {
    const { admin } = this.structure;
    const back = encodeURIComponent(this.paths.url('admin', request));
    return (admin && admin.loginUrl?.replaceAll('{url}', () => back)) || null;
  }

  /**
   * Leaves a refusal by the application's guards to the page, which then has to respond.
   * @returns `false` when it is not for the page: the refusal must be thrown on
   */
  takes(error: unknown, context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const isPage = Reflect.getMetadata(ANSWERS_ITSELF, context.getHandler()) === true;
    if (!isPage || !isDenial(error) || negotiate(request.headers.accept) !== 'html') {
      return false;
    }
    if (this.url(request) === null && this.hasFilters) {
      // the application's own filter may redirect
      return false;
    }
    this.refused.set(request, error);
    return true;
  }

  refusalOf(request: HttpRequest): HttpException | undefined {
    return this.refused.get(request);
  }

  private get hasFilters(): boolean {
    const filters = [...this.config.getGlobalFilters(), ...this.config.getGlobalRequestFilters()];
    return filters.some((filter) => !OWN_FILTERS.some((own) => filter instanceof own));
  }
}

const OWN_FILTERS = [MaintenanceExceptionFilter, RefusedEventFilter];

function isDenial(error: unknown): error is HttpException {
  return error instanceof HttpException && [401, 403].includes(error.getStatus());
}
