import {
  ForbiddenException,
  Inject,
  Injectable,
  Scope,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, ModuleRef, ModulesContainer } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { ApplicationCalls } from '../core/common/application-calls.js';
import type { HttpReply } from '../request/http-reply.js';
import { describeValue, MaintenanceConfigurationError } from '../core/errors/errors.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { STRUCTURE } from '../options/tokens.js';
import { messageOf } from '../core/errors/message-of.js';
import { setCommonHeaders } from './api-response.js';
import { SignIn } from './sign-in.js';

type HostModule = ModulesContainer extends Map<string, infer Host> ? Host : never;

/** Provides the guard for one request. */
type GuardSource = (request: object) => CanActivate | Promise<CanActivate>;

/** What a guard returns or throws. */
type Outcome = { readonly allowed: boolean } | { readonly error: unknown };

const DENIED: Outcome = { allowed: false };

const settle = (ask: () => Promise<boolean>): Promise<Outcome> =>
  ask().then(
    (allowed) => ({ allowed }),
    (error: unknown) => ({ error }),
  );

/** Runs the application's own guards, `admin: { guards: [...] }`, in order, before any permission is asked. */
@Injectable()
export class AdminGuards implements CanActivate, OnModuleInit {
  private guards: readonly GuardSource[] = [];

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(ApplicationCalls) private readonly calls: ApplicationCalls,
  ) {}

  /** A guard that cannot be created stops the application from starting. */
  async onModuleInit(): Promise<void> {
    const guards = (this.structure.admin && this.structure.admin.guards) || [];
    this.guards = await Promise.all(
      guards.map((guard) => (typeof guard === 'function' ? this.find(guard) : () => guard)),
    );
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // a guard's own refusal must not be cached either
    setCommonHeaders(context.switchToHttp().getResponse<HttpReply>());
    try {
      await this.ask(context);
    } catch (error) {
      if (!this.signIn.takes(error, context)) {
        throw error;
      }
    }
    return true;
  }

  /** Rethrows what a guard throws; one that does not answer within `callTimeout` denies access. */
  private async ask(context: ExecutionContext): Promise<void> {
    const request = context.switchToHttp().getRequest<object>();
    for (const source of this.guards) {
      const outcome = await this.calls.ask('A guard of "admin.guards"', 'access is denied', DENIED, () =>
        settle(async () => {
          const guard = await source(request);
          const answer = guard.canActivate(context);
          return isObservable(answer) ? lastValueFrom(answer) : answer;
        }),
      );
      if ('error' in outcome) {
        throw outcome.error;
      }
      if (!outcome.allowed) {
        throw new ForbiddenException();
      }
    }
  }

  /** The application's own instance, wherever it is provided; a new one if only a class was given. */
  private async find(guard: Type<CanActivate>): Promise<GuardSource> {
    const scope = this.scopeOf(guard);
    if (scope === Scope.REQUEST || scope === Scope.TRANSIENT) {
      return (request) => this.perRequest(guard, request);
    }
    const instance =
      scope === undefined
        ? await this.create(guard)
        : this.moduleRef.get<CanActivate>(guard, { strict: false });
    if (typeof (instance as Partial<CanActivate>).canActivate !== 'function') {
      throw MaintenanceConfigurationError.of(
        'admin.guards',
        guard,
        'an array of guards (classes or instances)',
        (given) => `${describeValue(given)}, which has no canActivate()`,
      );
    }
    return () => instance;
  }

  /** `undefined` if no module provides it. Nest's errors have no names in a minified application. */
  private scopeOf(guard: Type<CanActivate>): Scope | undefined {
    try {
      return this.moduleRef.introspect(guard).scope;
    } catch {
      return undefined;
    }
  }

  private perRequest(guard: Type<CanActivate>, request: object): Promise<CanActivate> {
    const contextId = ContextIdFactory.getByRequest(request as Record<PropertyKey, unknown>);
    this.moduleRef.registerRequestByContextId(request, contextId);
    return this.moduleRef.resolve(guard, contextId, { strict: false });
  }

  /** Created in the module that imports the library, the root module first, so that it gets what can be injected there. */
  private async create(guard: Type<CanActivate>): Promise<CanActivate> {
    const failures: string[] = [];
    for (const { providers } of this.surroundings()) {
      try {
        const { instance } = providers.get(ModuleRef) as { instance: ModuleRef };
        return await instance.create(guard);
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
    throw new MaintenanceConfigurationError(
      `Maintenance option "admin.guards" received ${describeValue(guard)}, which cannot be created (${failures[0]}); accepted: a ` +
        'guard that any module provides, one whose dependencies can be injected where MaintenanceModule is imported, or an instance.',
      { option: 'admin.guards' },
    );
  }

  private surroundings(): HostModule[] {
    const all: HostModule[] = [...this.modules.values()];
    const importing = (hosts: HostModule[]): HostModule[] =>
      all.filter((module) => hosts.some((host) => host !== module && module.imports.has(host)));
    const own = all.filter(({ injectables }) => injectables.has(AdminGuards));
    return [...importing(importing(own)), ...own];
  }
}
