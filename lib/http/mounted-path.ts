import { RequestMethod, VERSION_NEUTRAL } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import {
  forwardedPrefix,
  isPlainSegment,
  pathInApplication,
  type HttpRequest,
} from '../request/http-request.js';

/** Where this library's routes are: in the application, and as browsers request them. */
export class MountedPaths {
  private readonly factory: RoutePathFactory;
  /** What browsers put before every path of the application, according to an option. */
  private readonly given: string | undefined;

  constructor(
    private readonly config: ApplicationConfig,
    /** The option `path`. */
    private readonly path: string,
    /** The option of that name: a path or a URL. */
    baseUrl?: string,
  ) {
    this.given =
      baseUrl && new URL(baseUrl, 'http://localhost').pathname.replace(/\/+$/, '').replace(/^\/{2,}/, '/');
    this.factory = new RoutePathFactory(config);
  }

  /**
   * A path in the application's router: below the global prefix, unless that excludes it, and without a version.
   * @param name relative to the base route, such as `ping`
   */
  local(name: string): string {
    const prefix = this.config.getGlobalPrefix();
    const metadata = {
      ctrlPath: `/${this.path}`,
      methodPath: `/${name}`,
      globalPrefix: prefix && `/${prefix.replace(/^\/+/, '')}`,
      controllerVersion: VERSION_NEUTRAL,
      versioningOptions: this.config.getVersioning(),
    } as const;
    return this.factory.create(metadata, RequestMethod.GET)[0] as string;
  }

  /** The same as a browser requests it. @param request of that browser, where there is one */
  url(name: string, request: HttpRequest | undefined): string {
    return this.base(request) + withParameters(this.local(name), request);
  }

  /** What the URLs of one request depend on. */
  place(request: HttpRequest): string {
    return this.config.getGlobalPrefix().includes(':') ? this.url('', request) : this.base(request);
  }

  /**
   * What browsers put before every path of the application, `''` for nothing: what a proxy or an outer Express application
   * strips.
   */
  base(request: HttpRequest | undefined): string {
    // an application may ask for its menu with a request of its own making
    return this.given ?? this.stripped(request) + (request?.baseUrl ?? '');
  }

  /** The part that a proxy strips. */
  stripped(request: HttpRequest | undefined): string {
    return this.given ?? (request?.headers ? forwardedPrefix(request) : '');
  }

  /** A path that Node received, as the browser requested it; always on this site. */
  outside(path: string, request: HttpRequest): string {
    const { baseUrl = '' } = request;
    const inside = path.startsWith(baseUrl) ? path.slice(baseUrl.length) : path;
    return `${this.base(request)}/${inside.replace(/^[/\\]+/, '')}`;
  }
}

/** A path whose parameters (those of a global prefix such as `:tenant`) have the values of the request. */
function withParameters(path: string, request: HttpRequest | undefined): string {
  if (!path.includes('/:') || !request?.headers) {
    return path;
  }
  const asked = pathInApplication(request).split('/');
  const value = (segment: string, index: number): string => {
    const given = asked[index] ?? '';
    return segment.startsWith(':') && isPlainSegment(given) ? given : segment;
  };
  return path.split('/').map(value).join('/');
}
